#include "core/arrival_intervals.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/state_codec.h"

namespace lossd::core {
namespace {
constexpr double kStepsPerOctave = 1024;
constexpr double kBurstWeight = 1.0 / 32;
constexpr std::size_t kPacked = 4;  ///< gaps to one word of saved state

double Seconds(std::uint16_t log_gap) { return std::exp2(log_gap / kStepsPerOctave) * 1e-6; }

}  // namespace

void ArrivalIntervals::Arrive(std::chrono::nanoseconds steady) {
  live_ = true;
  if (last_ && steady <= *last_) {
    ++burst_;
    return;
  }
  if (last_) {
    const double microseconds = std::chrono::duration<double, std::micro>(steady - *last_).count();
    const double steps = std::round(std::log2(std::max(microseconds, 1.0)) * kStepsPerOctave);
    Add(static_cast<LogGap>(std::min(steps, 65535.0)));
    NoteLongest(static_cast<LogGap>(std::min(steps, 65535.0)));
    burst_mean_ += kBurstWeight * (static_cast<double>(burst_) - burst_mean_);
  }
  last_ = steady;
  burst_ = 1;
}

void ArrivalIntervals::Add(LogGap gap) {
  recent_[next_] = gap;
  next_ = static_cast<std::uint16_t>((next_ + 1) % kGaps);
  if (count_ < kGaps) ++count_;
  sorted_ = false;
}

void ArrivalIntervals::Sort() const {
  if (sorted_ || count_ == 0) return;
  sorted_ = true;
  std::array<LogGap, kGaps> gaps = recent_;
  const auto median = gaps.begin() + count_ / 2, high = gaps.begin() + (count_ * 99 - 1) / 100;
  std::nth_element(gaps.begin(), median, gaps.begin() + count_);
  median_ = *median;
  // What is above the median stands behind it already.
  if (high > median) std::nth_element(median + 1, high, gaps.begin() + count_);
  high_ = *high;
}

std::optional<double> ArrivalIntervals::SecondsPerSample() const {
  if (count_ < kMinGaps) return std::nullopt;
  Sort();
  return Seconds(median_) / burst_mean_;
}

void ArrivalIntervals::NoteLongest(LogGap gap) {
  if (++since_ > kLately) {
    longest_before_ = std::exchange(longest_, LogGap{0});
    since_ = 1;
  }
  longest_ = std::max(longest_, gap);
}

double ArrivalIntervals::LongestSeconds() const { return Seconds(std::max(longest_, longest_before_)); }

std::optional<std::chrono::nanoseconds> ArrivalIntervals::SilenceTimeout() const {
  const auto nanoseconds = [](double seconds) { return std::chrono::nanoseconds(std::llround(seconds * 1e9)); };
  if (!live_) return std::nullopt;
  if (count_ == 0) return kFirstTimeout;
  if (count_ < kMinGaps) return std::max(kUnknownTimeout, nanoseconds(3 * LongestSeconds()));
  Sort();
  const double median = Seconds(median_);
  const double usual = std::max(10 * median, 5 * Seconds(high_));
  const double bounded = std::min(usual, std::chrono::duration<double>(kMaxTimeout).count());
  const double pause = std::min(2 * LongestSeconds(), std::chrono::duration<double>(kLongestPause).count());
  return std::max(kMinTimeout, nanoseconds(std::max({bounded, 3 * median, pause})));
}

void ArrivalIntervals::Save(StateWriter& out, std::chrono::nanoseconds now) const {
  out.U64(count_);
  for (std::size_t i = 0; i < count_; i += kPacked) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < kPacked && i + k < count_; ++k) {
      word |= std::uint64_t{recent_[(next_ + kGaps - count_ + i + k) % kGaps]} << (16 * k);
    }
    out.U64(word);
  }
  out.U64(longest_);
  out.U64(longest_before_);
  out.U64(since_);
  out.Bool(live_);
  out.Bool(last_.has_value());
  out.I64(last_ ? (now - *last_).count() : 0);
  out.U64(burst_);
  out.F64(burst_mean_);
}

bool ArrivalIntervals::Load(StateReader& in, std::chrono::nanoseconds now) {
  ArrivalIntervals loaded;
  const std::uint64_t count = in.U64();
  if (count > kGaps) in.Fail();
  for (std::uint64_t i = 0; i < count && in.ok(); i += kPacked) {
    const std::uint64_t word = in.U64();
    for (std::size_t k = 0; k < kPacked && i + k < count; ++k) loaded.Add(static_cast<LogGap>(word >> (16 * k)));
  }
  loaded.longest_ = static_cast<LogGap>(in.U64());
  loaded.longest_before_ = static_cast<LogGap>(in.U64());
  loaded.since_ = static_cast<std::uint16_t>(in.U64());
  loaded.live_ = in.Bool();
  if (in.Bool()) {
    loaded.last_ = now - std::chrono::nanoseconds(in.Span());
  } else {
    in.I64();
  }
  loaded.burst_ = static_cast<std::uint32_t>(in.U64());
  loaded.burst_mean_ = in.F64();
  if (!(loaded.burst_mean_ >= 1)) in.Fail();
  if (!in.ok()) return false;
  *this = loaded;
  return true;
}

}  // namespace lossd::core
