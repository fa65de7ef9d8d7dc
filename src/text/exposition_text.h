// Prometheus text exposition, version 0.0.4, and what OpenMetrics adds to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lossd::text {

enum class MetricType : std::uint8_t {
  kUntyped,
  kGauge,
  kCounter,
  kPart,  ///< a bucket, a quantile, a sum or a count, of a histogram or a summary
};

struct ExpositionSample {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;  ///< in order of appearance, values unescaped
  double value = 0;
  bool has_timestamp = false;
  MetricType type = MetricType::kUntyped;
};

/// What is wrong, and in which line (from 1).
struct ExpositionError {
  std::size_t line = 0;
  std::string reason;
};

/// Appends the samples of a page to `samples`. Comments and blank lines are passed over, exemplars too. A page without
/// its last line feed is taken. Nothing where all is well; else the first error, with `samples` holding what stood
/// before it: a page with an error should be refused whole.
std::optional<ExpositionError> ParseExposition(std::string_view page, std::vector<ExpositionSample>& samples);

/// [a-zA-Z_:][a-zA-Z0-9_:]*
bool IsMetricName(std::string_view name);

}  // namespace lossd::text
