#include "demo/lr_adviser.h"

namespace lossd::demo {

bool LrAdviser::Due() { return ++run_ % every_ == 0; }

LrChange LrAdviser::Consider(const LrAdvice& advice) {
  if (advice.reason != taken_) taken_.clear();
  const bool lower = advice.ratio > 0 && advice.ratio < 1;
  if (!lower && !advice.checkpoint_before_step) return {};
  if (changed_ && run_ - *changed_ < cool_down_) return {};
  if (!taken_.empty() && (taken_ == "spikes" || taken_ == "plateau")) return {};
  changed_ = run_;
  taken_ = advice.reason;
  return {lower ? advice.ratio : 1, advice.checkpoint_before_step};
}

}  // namespace lossd::demo
