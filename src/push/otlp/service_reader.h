// The exports of one service -> samples.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/sample.h"
#include "push/otlp/export_request.h"
#include "records/gauge_reader.h"

namespace lossd::push {

/// Remembers between exports what makes numbers out of points: the sums of deltas, the totals of histograms (of which
/// the mean since the last export is the value), and the highest step told. A point whose attributes say the step
/// (`step`, `global_step`; `epoch` beside it) is a sample of that step; SDKs send such points again and again, so that
/// what lies before the highest step known is new only where the whole series has gone back. Points without one are
/// gauges (see records::GaugeReader).
class ServiceReader {
 public:
  std::vector<core::Sample> Read(const std::vector<OtlpPoint>& points);

 private:
  struct Totals {
    double sum = 0;
    std::uint64_t count = 0;
  };
  struct Stepped {
    records::Gauge gauge;
    std::optional<double> epoch;
    std::uint64_t time = 0;
  };
  std::optional<double> ValueOf(const OtlpPoint& point, const std::string& series);

  /// Of more series than a job may have, no more are remembered.
  static constexpr std::size_t kMostSeries = 1024;
  std::map<std::string, Totals> totals_;
  std::map<std::string, double> sums_;
  std::map<std::string, std::int64_t> last_steps_;
  records::GaugeReader gauges_;
};

}  // namespace lossd::push
