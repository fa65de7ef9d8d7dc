#include "core/regime/swing_meter.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kUndone = 0.5;  // of a swing, when it has ended

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

}  // namespace lossd::core
