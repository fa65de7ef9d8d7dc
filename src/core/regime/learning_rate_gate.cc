#include "core/regime/learning_rate_gate.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kRaised = 1.1;   // times the lowest since the highest
constexpr double kBeyond = 1.02;  // times the highest: outside the known range
constexpr double kZero = 1e-4;    // of the highest

}  // namespace

void LearningRateGate::Update(const std::optional<double>& rate, double level) {
  if (!rate || !std::isfinite(*rate) || *rate < 0) return;
  rate_ = *rate;
  frozen_for_ = highest_ > 0 && rate_ <= kZero * highest_ ? std::min(frozen_for_ + 1, kFrozen) : 0;
  if (rate_ > kBeyond * highest_) {
    highest_ = lowest_ = rate_;
    level_at_high_ = level;
    raised_ = false;
    return;
  }
  lowest_ = std::min(lowest_, rate_);
  raised_ = rate_ > kRaised * lowest_ && lowest_ * kRaised < highest_;
}

std::optional<double> LearningRateGate::relative() const {
  if (highest_ <= 0) return std::nullopt;
  return rate_ / highest_;
}

void LearningRateGate::Save(StateWriter& out) const {
  for (const double value : {rate_, highest_, lowest_, level_at_high_}) out.F64(value);
  out.Bool(raised_);
  out.U64(frozen_for_);
}

bool LearningRateGate::Load(StateReader& in) {
  for (double* value : {&rate_, &highest_, &lowest_, &level_at_high_}) *value = in.F64();
  raised_ = in.Bool();
  frozen_for_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(in.U64(), kFrozen));
  if (!in.ok()) *this = LearningRateGate();
  return in.ok();
}

}  // namespace lossd::core
