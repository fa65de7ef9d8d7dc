// How often samples come, learned from their own arrival: the yardstick for silence.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace lossd::core {

class StateReader;
class StateWriter;

/// The gaps between the last 256 arrivals. Samples that arrive at one instant (one read of a log) are one arrival.
/// Gaps are kept to 0.07 %. Their order statistics are worked out when they are asked for, once until the next arrival.
class ArrivalIntervals {
 public:
  static constexpr std::chrono::nanoseconds kMinTimeout = std::chrono::seconds(120);
  static constexpr std::chrono::nanoseconds kMaxTimeout = std::chrono::hours(2);
  static constexpr std::chrono::nanoseconds kUnknownTimeout = std::chrono::minutes(45);
  static constexpr std::chrono::nanoseconds kFirstTimeout = std::chrono::hours(12);
  static constexpr std::chrono::nanoseconds kLongestPause = std::chrono::hours(6);
  static constexpr std::size_t kMinGaps = 3;  ///< fewer say little

  /// A sample arrived live at `steady` (never decreasing).
  void Arrive(std::chrono::nanoseconds steady);
  /// History is being read: the time up to the next live sample is no gap.
  void Interrupt() { last_.reset(); }

  /// Median seconds from one sample to the next; absent before there are enough gaps.
  std::optional<double> SecondsPerSample() const;

  /// Silence longer than this is no pause of this series: max(120 s, 10 * median gap, 5 * 99th percentile), at most 2
  /// h, but at least 3 * median gap and, up to 6 h, twice the longest pause that it survived lately (an evaluation, a
  /// checkpoint).
  /// With one or two gaps, max(45 min, 3 * the longest); before the first, 12 h. Absent where no sample was live: then
  /// there is nothing to be silent.
  std::optional<std::chrono::nanoseconds> SilenceTimeout() const;
  /// Whether there are gaps enough to speak of a rhythm.
  bool known() const { return count_ >= kMinGaps; }
  /// A bound below SilenceTimeout() that costs nothing; 0 where that is absent, or without a gap.
  std::chrono::nanoseconds LeastTimeout() const {
    return live_ && count_ > 0 ? kMinTimeout : std::chrono::nanoseconds(0);
  }

  /// Times are saved as ages at `now` and counted from the `now` of loading.
  void Save(StateWriter& out, std::chrono::nanoseconds now) const;
  bool Load(StateReader& in, std::chrono::nanoseconds now);

 private:
  static constexpr std::size_t kGaps = 256;
  /// A gap in steps of 2^(1/1024) from 1 microsecond: two bytes hold all that can occur, in order.
  using LogGap = std::uint16_t;

  static constexpr std::uint16_t kLately = 2048;  ///< gaps, and up to as many before them

  void Add(LogGap gap);
  void NoteLongest(LogGap gap);
  double LongestSeconds() const;
  /// Works out median_ and high_.
  void Sort() const;

  std::array<LogGap, kGaps> recent_{};  ///< in order of arrival, from next_ on
  std::uint16_t count_ = 0, next_ = 0;
  mutable bool sorted_ = false;              ///< the two below are those of recent_
  mutable LogGap median_ = 0, high_ = 0;     ///< `high_`: the 99th percentile
  LogGap longest_ = 0, longest_before_ = 0;  ///< of the last `since_` gaps, and of the kLately before these
  std::uint16_t since_ = 0;
  bool live_ = false;  ///< some sample arrived live
  std::optional<std::chrono::nanoseconds> last_;
  std::uint32_t burst_ = 0;  ///< samples that arrived at last_
  double burst_mean_ = 1;    ///< samples per arrival, exponentially weighted
};

}  // namespace lossd::core
