// Prints what the documents must tell, from the program's own tables: one entry a line, fields separated by tabs.
#include <iostream>

#include "app/parts.h"
#include "cli/flag_catalog.h"
#include "config/config.h"
#include "metrics/catalog.h"

int main() {
  for (const lossd::metrics::MetricInfo& metric : lossd::metrics::Catalog()) {
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
  const lossd::app::Parts parts = lossd::app::MakeParts();
  for (const auto& [key, about] : lossd::config::ConfigKeys(lossd::app::ConfigReadersOf(parts))) {
    std::cout << "config\t" << key << '\t' << about.fallback << '\n';
  }
}
