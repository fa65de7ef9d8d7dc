#include "core/arrival_intervals.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {
constexpr double kStepsPerOctave = 1024;
constexpr double kBurstWeight = 1.0 / 32;
constexpr std::size_t kPacked = 4;  ///< gaps to one word of saved state
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
    burst_mean_ += kBurstWeight * (static_cast<double>(burst_) - burst_mean_);
  }
  last_ = steady;
  burst_ = 1;
}

void ArrivalIntervals::Add(LogGap gap) {
  auto end = sorted_.begin() + count_;
  if (count_ == kGaps) {
    const auto gone = std::lower_bound(sorted_.begin(), end, recent_[next_]);
    end = std::move(gone + 1, end, gone);
  } else {
    ++count_;
  }
  const auto place = std::upper_bound(sorted_.begin(), end, gap);
  std::move_backward(place, end, end + 1);
  *place = gap;
  recent_[next_] = gap;
  next_ = static_cast<std::uint16_t>((next_ + 1) % kGaps);
}

double ArrivalIntervals::GapSeconds(std::size_t rank) const {
  return std::exp2(sorted_[rank] / kStepsPerOctave) * 1e-6;
}

std::optional<double> ArrivalIntervals::SecondsPerSample() const {
  if (count_ < kMinGaps) return std::nullopt;
  return GapSeconds(count_ / 2) / burst_mean_;
}

std::optional<std::chrono::nanoseconds> ArrivalIntervals::SilenceTimeout() const {
  if (!live_) return std::nullopt;
  if (count_ < kMinGaps) return kUnknownTimeout;
  const double seconds = std::max(10 * GapSeconds(count_ / 2), 5 * GapSeconds((count_ * 99 - 1) / 100));
  const double bounded = std::min(seconds, std::chrono::duration<double>(kMaxTimeout).count());
  return std::max(kMinTimeout, std::chrono::nanoseconds(std::llround(bounded * 1e9)));
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
