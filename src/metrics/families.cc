#include "metrics/families.h"

#include <algorithm>

namespace lossd::metrics {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void Families::AddSeries(Metric metric, double value, const LabelPairs& labels) {
  const MetricInfo& info = metric.info();
  const bool counter = info.type == "counter";
  const auto known = std::ranges::find(metrics_, metric.index());
  const auto place = known - metrics_.begin();
  if (known == metrics_.end()) {
    metrics_.push_back(metric.index());
    MetricFamily& family = families_.emplace_back();
    family.name = info.name;
    family.help = info.help;
    family.type = counter ? MetricType::Counter : MetricType::Gauge;
  }
  ClientMetric& series = families_[static_cast<std::size_t>(place)].metric.emplace_back();
  for (const auto& [name, text] : labels) series.label.push_back({name, text});
  (counter ? series.counter.value : series.gauge.value) = value;
}

}  // namespace lossd::metrics
