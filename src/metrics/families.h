// What a part of the program tells of itself, in the structures of prometheus-cpp.
#pragma once

#include <prometheus/metric_family.h>

#include <concepts>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "metrics/catalog.h"

namespace lossd::metrics {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// Builds what prometheus::Collectable::Collect returns. Names, types and help come from the catalogue.
class Families {
 public:
  /// One series of `metric`. Families keep the order of their first series, series that in which they are added.
  template <typename Number>
  requires std::integral<Number> || std::floating_point<Number>
  void Add(Metric metric, Number value, const LabelPairs& labels = {}) {
    AddSeries(metric, static_cast<double>(value), labels);
  }
  /// A series for each entry, whose key is the value of `label`.
  template <typename Key, typename Count, typename Less>
  void AddEach(Metric metric, const char* label, const std::map<Key, Count, Less>& counts) {
    for (const auto& [value, count] : counts) AddSeries(metric, static_cast<double>(count), {{label, value}});
  }

  std::vector<prometheus::MetricFamily> Take() { return std::move(families_); }

 private:
  void AddSeries(Metric metric, double value, const LabelPairs& labels);

  std::vector<prometheus::MetricFamily> families_;
  std::vector<std::size_t> metrics_;  ///< of families_, by their place in the catalogue
};

}  // namespace lossd::metrics
