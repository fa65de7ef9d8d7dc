// Prints the metrics that the binary can expose, one a line: name, tab, its labels separated by commas.
#include <iostream>

#include "export/metric_catalog.h"

int main() {
  for (const lossd::exporter::MetricInfo& metric : lossd::exporter::MetricCatalog()) {
    std::cout << metric.name << '\t' << metric.labels << '\n';
  }
}
