// The lines of the metrics page that the parts of the program have.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <vector>

#include "export/metrics_page.h"
#include "metrics/catalog.h"

namespace lossd::exporter {

/// The families of all parts, each once, in the order of the catalogue; without those of `without`.
std::vector<prometheus::MetricFamily> CollectParts(std::span<const prometheus::Collectable* const> parts,
                                                   const metrics::MetricSet& without);

/// Appends a family: its head, then a line for each of its series.
void AppendFamily(std::string& page, const prometheus::MetricFamily& family, TextFormat format);

}  // namespace lossd::exporter
