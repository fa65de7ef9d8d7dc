#include "core/regime/swing_meter.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kUndone = 0.5;                  // of a swing, when it has ended
constexpr float kHigher = 1.2F, kLower = 0.99F;  // steps to the percentile that is exceeded by one in twenty

}  // namespace

void SwingMeter::Update(double level) {
  if (!started_) trough_ = peak_ = level;
  started_ = true;
  positive_ = positive_ && level > 0;
  negative_ = negative_ && level < 0;
  peak_ = std::max(peak_, level);
  if (level > peak_ - kUndone * (peak_ - trough_)) return;
  const double swing = peak_ - trough_;
  largest_ = std::max(largest_, swing);
  if (trough_ > 0) largest_ratio_ = std::max(largest_ratio_, swing / trough_);
  trough_ = peak_ = level;
}

double SwingMeter::Largest(double level) const {
  return positive_ && level > 0 ? std::min(largest_, largest_ratio_ * level) : largest_;
}

void SwingMeter::Save(StateWriter& out) const {
  for (const bool flag : {started_, positive_, negative_}) out.Bool(flag);
  for (const double value : {trough_, peak_, largest_, largest_ratio_}) out.F64(value);
}

bool SwingMeter::Load(StateReader& in) {
  for (bool* flag : {&started_, &positive_, &negative_}) *flag = in.Bool();
  for (double* value : {&trough_, &peak_, &largest_, &largest_ratio_}) *value = in.F64();
  if (!in.ok()) Clear();
  return in.ok();
}

void UsualSwings::Update(double level, double noise, std::uint64_t count, bool counts) {
  if (std::has_single_bit(count)) {
    before_ = lately_;
    lately_ = high_;
  }
  const auto now = static_cast<float>(level);
  if (std::isnan(trough_) || !counts) trough_ = peak_ = now;
  peak_ = std::max(peak_, now);
  if (now > peak_ - static_cast<float>(kUndone) * (peak_ - trough_)) return;
  const float swing = noise > 0 ? (peak_ - trough_) / static_cast<float>(noise) : 0;
  if (swing > 0) high_ = high_ > 0 ? high_ * (swing > high_ ? kHigher : kLower) : swing;
  trough_ = peak_ = now;
}

void UsualSwings::Know(double swing) {
  before_ = std::max(before_, static_cast<float>(swing));
  lately_ = std::max(lately_, static_cast<float>(swing));
}

void UsualSwings::Save(StateWriter& out) const {
  for (const float value : {trough_, peak_, high_, lately_, before_}) out.F64(static_cast<double>(value));
}

bool UsualSwings::Load(StateReader& in) {
  for (float* value : {&trough_, &peak_, &high_, &lately_, &before_}) *value = static_cast<float>(in.F64());
  if (!in.ok()) Clear();
  return in.ok();
}

}  // namespace lossd::core
