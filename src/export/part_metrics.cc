#include "export/part_metrics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "export/exposition.h"

namespace lossd::exporter {

std::vector<prometheus::MetricFamily> CollectParts(std::span<const prometheus::Collectable* const> parts,
                                                   const metrics::MetricSet& without) {
  std::vector<prometheus::MetricFamily> all;
  for (const prometheus::Collectable* part : parts) {
    for (prometheus::MetricFamily& family : part->Collect()) {
      const std::size_t place = metrics::PlaceInCatalog(family.name);
      if (place < metrics::kMetricCount && without[place]) continue;
      const auto known = std::ranges::find(all, family.name, &prometheus::MetricFamily::name);
      if (known == all.end()) {
        all.push_back(std::move(family));
      } else {
        std::ranges::move(family.metric, std::back_inserter(known->metric));
      }
    }
  }
  std::ranges::stable_sort(all, {}, [](const auto& family) { return metrics::PlaceInCatalog(family.name); });
  return all;
}

void AppendFamily(std::string& page, const prometheus::MetricFamily& family, TextFormat format) {
  const bool counter = family.type == prometheus::MetricType::Counter;
  AppendHead(page, family.name, counter ? "counter" : "gauge", family.help, format);
  for (const auto& sample : family.metric) {
    std::string labels;
    for (const auto& label : sample.label) AppendLabel(labels, label.name, label.value);
    page += family.name;
    if (!labels.empty()) page.append("{").append(labels) += '}';
    page += ' ';
    AppendNumber(page, counter ? sample.counter.value : sample.gauge.value);
    page += '\n';
  }
}

}  // namespace lossd::exporter
