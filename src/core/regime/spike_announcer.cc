#include "core/regime/spike_announcer.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::uint64_t kPatience = 32;  // values: what has not turned by then is no spike
constexpr double kTurned = 0.5;          // of its height
constexpr double kBeat = 0.05;           // of the distance, between two that are the same

}  // namespace

void SpikeAnnouncer::Propose(std::uint64_t value_number, std::uint64_t since, double baseline) {
  waiting_ = true;
  at_turn_ = false;
  onset_ = value_number + 1 - std::min(since, value_number + 1);
  proposed_ = value_number;
  baseline_ = peak_ = baseline;
}

bool SpikeAnnouncer::Update(std::uint64_t value_number, double value, bool epoch_turn, double least) {
  if (!waiting_) return false;
  if (value_number == proposed_) at_turn_ = epoch_turn;  // an epoch of few values turns in any spike
  peak_ = std::max(peak_, value);
  if (value_number - proposed_ > kPatience) waiting_ = false;
  if (!waiting_ || value > peak_ - kTurned * (peak_ - baseline_)) return false;
  waiting_ = false;
  if (peak_ - baseline_ < least) return false;
  const bool beats = Beats();
  before_that_ = before_;
  before_ = onset_;
  return !at_turn_ && !beats;
}

bool SpikeAnnouncer::Beats() const {
  if (before_that_ == 0) return false;
  const auto last = static_cast<double>(onset_ - before_), earlier = static_cast<double>(before_ - before_that_);
  return std::abs(last - earlier) <= std::max(2.0, kBeat * earlier);
}

void SpikeAnnouncer::Clear() { *this = SpikeAnnouncer(); }

void SpikeAnnouncer::Save(StateWriter& out) const {
  for (const bool flag : {waiting_, at_turn_}) out.Bool(flag);
  for (const std::uint64_t number : {onset_, proposed_, before_, before_that_}) out.U64(number);
  for (const double value : {baseline_, peak_}) out.F64(value);
}

bool SpikeAnnouncer::Load(StateReader& in) {
  for (bool* flag : {&waiting_, &at_turn_}) *flag = in.Bool();
  for (std::uint64_t* number : {&onset_, &proposed_, &before_, &before_that_}) *number = in.U64();
  for (double* value : {&baseline_, &peak_}) *value = in.F64();
  if (!in.ok()) Clear();
  return in.ok();
}

}  // namespace lossd::core
