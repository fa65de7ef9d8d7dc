// Prints what the documents must tell, from the program's own tables: one entry a line, fields separated by tabs.
#include <iostream>

#include "cli/flag_catalog.h"
#include "config/config.h"
#include "export/metrics_page.h"

int main() {
  for (const lossd::exporter::MetricInfo& metric : lossd::exporter::MetricCatalog()) {
    std::cout << "metric\t" << metric.name << '\t' << metric.type << '\t' << metric.labels << '\t' << metric.help
              << '\n';
  }
  for (const lossd::cli::Flag& flag : lossd::cli::FlagCatalog()) {
    std::cout << "flag\t" << flag.name << '\t' << flag.placeholder << '\t' << flag.fallback << '\t' << flag.help
              << '\n';
  }
  for (const lossd::cli::CommandInfo& command : lossd::cli::CommandCatalog()) {
    std::cout << "command\t" << command.name << '\t' << command.arguments << '\t' << command.help << '\n';
  }
  for (const auto& [key, fallback] : lossd::config::ConfigDefaults()) {
    std::cout << "config\t" << key << '\t' << fallback << '\n';
  }
}
