// Prints the metrics that the binary can expose, one a line: name, tab, its labels separated by commas.
#include <iostream>

#include "metrics/catalog.h"

int main() {
  for (const lossd::metrics::MetricInfo& metric : lossd::metrics::Catalog()) {
    std::cout << metric.name << '\t' << metric.labels << '\n';
  }
}
