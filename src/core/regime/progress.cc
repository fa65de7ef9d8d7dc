#include "core/regime/progress.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kStrideGain = 1.0 / 16;
constexpr double kSmallFall = 3;             // strides: lines of several processes interleave by no more
constexpr double kHabitualFall = 16;         // the same, where that is the habit of the log
constexpr std::uint8_t kHabit = 3;           // small falls that make one,
constexpr std::uint8_t kForgotten = 64;      // unless so many samples pass without
constexpr double kBeginning = 2;             // strides above the first step
constexpr double kSameEnd = 2;               // strides, or
constexpr double kSameEndShare = 0.01;       // of the length of the epoch, between the ends of two epochs
constexpr std::uint32_t kSameBeginning = 3;  // samples of a run that is begun anew with the same value
constexpr double kDistinct = 2;              // noise deviations between the loss at the beginning and now
constexpr double kNear = 6;                  // noise deviations: the loss goes on where it was
constexpr std::uint32_t kFewSamples = 8;     // before them the noise means nothing

// Steps come from outside, so that a difference may be beyond 64 bits.
double Distance(std::int64_t from, std::int64_t to) { return static_cast<double>(to) - static_cast<double>(from); }

}  // namespace

Progress::Move Progress::Update(std::optional<std::int64_t> step, std::optional<double> epoch, double value,
                                const RecentValues& before) {
  if (epoch && !std::isfinite(*epoch)) return Update(step, std::nullopt, value, before);
  ++since_turn_;
  Move move = Move::kOnward;
  if (step) {
    move = Judge(*step, epoch, value, before);
  } else if (epoch && has_epoch_ && *epoch < epoch_) {
    move = *epoch <= first_epoch_ ? Move::kBegun : Move::kResumed;
  }
  if (epoch) {
    if (has_epoch_ && std::floor(*epoch) > std::floor(epoch_)) Turn();
    if (!has_epoch_ || move == Move::kBegun) first_epoch_ = *epoch;
    if (!has_epoch_ || move != Move::kOnward) epoch_ = *epoch;
    epoch_ = std::max(epoch_, *epoch);
    has_epoch_ = true;
  }
  return move;
}

Progress::Move Progress::Judge(std::int64_t step, std::optional<double> epoch, double value,
                               const RecentValues& before) {
  ++samples_;
  if (since_fall_ < kForgotten && ++since_fall_ == kForgotten) small_falls_ = 0;
  if (!has_step_) {
    has_step_ = true;
    Begin(Move::kBegun, step, value);
    return Move::kOnward;
  }
  const bool compared = epoch && has_epoch_;
  if (waiting_) {
    waiting_ = false;
    const bool regained = compared && *epoch != epoch_ ? *epoch > epoch_ : step >= highest_;
    if (small_falls_ < kHabit && Distance(last_, highest_) <= kHabitualFall * stride_) ++small_falls_;
    if (!regained) return Begin(pending_, step, value);
  }
  if (compared && *epoch > epoch_) {
    if (step <= last_) StartEpoch(step);
  } else if (compared && *epoch < epoch_) {
    const Move back = *epoch <= first_epoch_ ? Move::kBegun : Move::kResumed;
    if (epoch_ - *epoch > 1) return Begin(back, step, value);
    return Wait(step, epoch, back);
  } else if (step < last_ && step < highest_) {
    if (compared) return Wait(step, epoch, NearBeginning(step) ? Move::kBegun : Move::kResumed);
    const Move move = FallsWithoutEpoch(step, value, before);
    if (move != Move::kOnward || waiting_) return move;
  }
  if (step > last_) {
    const double ahead = Distance(last_, step);
    stride_ = stride_ == 0 ? ahead : stride_ + kStrideGain * (std::min(ahead, 4 * stride_) - stride_);
  }
  last_ = step;
  highest_ = std::max(highest_, step);
  return Move::kOnward;
}

Progress::Move Progress::FallsWithoutEpoch(std::int64_t step, double value, const RecentValues& before) {
  const double fall = Distance(step, highest_);
  if (stride_ == 0 || fall <= (small_falls_ >= kHabit ? kHabitualFall : kSmallFall) * stride_) {
    if (BeginsAlike(step, value, before)) return Begin(Move::kBegun, step, value);
    return Wait(step, std::nullopt, NearBeginning(step) ? Move::kBegun : Move::kResumed);
  }
  if (!NearBeginning(step)) return Begin(Move::kResumed, step, value);
  const double difference = std::abs(Distance(fell_from_, highest_));
  const bool same_end = fell_from_ == 0 || difference <= std::max(kSameEnd * stride_, kSameEndShare * fall);
  fell_from_ = highest_;
  if (!same_end || !GoesOn(value, before)) return Begin(Move::kBegun, step, value);
  StartEpoch(step);
  return Move::kOnward;
}

Progress::Move Progress::Wait(std::int64_t step, std::optional<double> epoch, Move otherwise) {
  // Where processes interleave, one that is a little behind says nothing of the run.
  waiting_ = small_falls_ < kHabit || Distance(step, highest_) > kHabitualFall * stride_ || (epoch && *epoch < epoch_);
  since_fall_ = 0;
  pending_ = otherwise;
  last_ = step;
  return Move::kOnward;
}

Progress::Move Progress::Begin(Move move, std::int64_t step, double value) {
  first_ = move == Move::kResumed ? std::min(first_, step) : step;
  last_ = highest_ = step;
  if (move == Move::kBegun) before_ = 0;
  first_value_ = value;
  samples_ = 1;
  return move;
}

void Progress::StartEpoch(std::int64_t step) {
  Turn();
  before_ += Distance(first_, highest_) + std::max(1.0, std::round(stride_));
  first_ = last_ = highest_ = step;
  samples_ = 1;
}

void Progress::Turn() {
  if (since_turn_ == 0) return;  // told by the step and by the epoch
  epoch_samples_ = since_turn_;
  since_turn_ = 0;
}

bool Progress::NearBeginning(std::int64_t step) const { return Distance(first_, step) <= kBeginning * stride_; }

bool Progress::BeginsAlike(std::int64_t step, double value, const RecentValues& before) const {
  return step == first_ && value == first_value_ && samples_ >= kSameBeginning && before.size() > 0 &&
         before.Value(0) != value;
}

bool Progress::GoesOn(double value, const RecentValues& before) const {
  if (before.size() == 0) return true;
  const double level = before.MedianOfFive(), noise = before.DifferenceNoise();
  const double away = std::abs(value - level);
  const bool few = samples_ < kFewSamples;
  if (!few && away <= kNear * noise) return true;
  const bool travelled = few ? first_value_ != level : std::abs(first_value_ - level) > kDistinct * noise;
  return travelled && away < std::abs(value - first_value_);
}

std::optional<std::int64_t> Progress::global_step() const {
  if (!has_step_) return std::nullopt;
  const double global = before_ + static_cast<double>(last_);
  constexpr double kExact = 0x1p53;
  return before_ == 0 || std::abs(global) > kExact ? last_ : static_cast<std::int64_t>(global);
}

void Progress::Save(StateWriter& out) const {
  for (const bool flag : {has_step_, has_epoch_, waiting_}) out.Bool(flag);
  out.U64(static_cast<std::uint64_t>(pending_));
  out.U64(small_falls_);
  out.U64(since_fall_);
  out.U64(samples_);
  out.U64(since_turn_);
  out.U64(epoch_samples_);
  for (const std::int64_t step : {last_, first_, highest_, fell_from_}) out.I64(step);
  for (const double value : {before_, stride_, epoch_, first_epoch_, first_value_}) out.F64(value);
}

bool Progress::Load(StateReader& in) {
  for (bool* flag : {&has_step_, &has_epoch_, &waiting_}) *flag = in.Bool();
  const std::uint64_t pending = in.U64();
  if (pending > static_cast<std::uint64_t>(Move::kBegun)) in.Fail();
  pending_ = static_cast<Move>(pending % 3);
  small_falls_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kHabit));
  since_fall_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kForgotten));
  samples_ = static_cast<std::uint32_t>(in.U64());
  since_turn_ = static_cast<std::uint32_t>(in.U64());
  epoch_samples_ = static_cast<std::uint32_t>(in.U64());
  for (std::int64_t* step : {&last_, &first_, &highest_, &fell_from_}) *step = in.I64();
  for (double* value : {&before_, &stride_, &epoch_, &first_epoch_, &first_value_}) *value = in.F64();
  if (!in.ok()) *this = Progress();
  return in.ok();
}

}  // namespace lossd::core
