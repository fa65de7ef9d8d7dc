// One reading of one loss, as every source and every protocol delivers it: the unit that flows to the trackers.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace lossd::core {

/// Wall-clock time, UTC.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Seconds since 1970, as metrics and JSON say a time.
inline double UnixSeconds(Timestamp time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

/// The two clocks that core needs, read once per turn by the caller; core itself never reads a clock.
/// Durations (silence, dwell, time to live) come from `steady`, which never jumps; `wall` is only for display.
struct Instant {
  std::chrono::nanoseconds steady{0};  ///< since an arbitrary origin, never decreasing within a process
  Timestamp wall{};
};

/// Extra labels of a job, from the configuration, the path or the sender. Sorted by name, so that equal sets compare
/// equal.
using Labels = std::map<std::string, std::string, std::less<>>;

/// Names of the two series that have a fixed meaning. Others carry the name that the log gives them.
inline constexpr const char* kTrainSeries = "train";
inline constexpr const char* kEvalSeries = "eval";

struct Sample {
  std::string loss = kTrainSeries;      ///< name of the series within its job
  double value = 0;                     ///< the loss; NaN, +Inf and -Inf are samples too
  std::optional<std::int64_t> step;     ///< the optimiser step that the log gives, if any
  std::optional<double> epoch;          ///< may be fractional
  std::optional<double> learning_rate;  ///< absent where not logged
  std::optional<double> gradient_norm;  ///< absent where not logged; may be non-finite
  std::optional<Timestamp> time;        ///< when the sender says it was taken; only to order and to age
};

}  // namespace lossd::core
