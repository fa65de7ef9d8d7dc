// The exports of one service -> samples.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/sample.h"
#include "core/state_codec.h"
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
  /// Of several ranks (`rank`, `global_rank` of the resource) the lowest seen counts; the others give nothing.
  std::vector<core::Sample> Read(const OtlpResource& resource);

  /// Appends what is remembered, for another reader that goes on.
  void Save(core::StateWriter& out) const;
  /// False, and nothing is remembered, where `in` holds something else.
  bool Load(core::StateReader& in);

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
  std::optional<std::int64_t> rank_;  ///< the lowest seen
  std::map<std::string, Totals> totals_;
  std::map<std::string, double> sums_;
  std::map<std::string, std::int64_t> last_steps_;
  records::GaugeReader gauges_;
};

}  // namespace lossd::push
