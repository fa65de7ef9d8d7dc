#include "core/regime/rate_history.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kLowered = 0.9;

}  // namespace

void RateHistory::Update(const std::optional<double>& rate, bool verdict, bool up, bool gradients_grow) {
  since_verdict_ = verdict ? 0 : std::min(since_verdict_ + 1, kAftermath);
  const bool trouble = verdict || (trouble_ && up && since_verdict_ < kAftermath);
  if (trouble && !trouble_) before_ = logged_ >= kBlocks * kBlock ? double{highest_.back()} : 0;
  if (!trouble) before_ = 0;
  gradients_grew_ = gradients_grow || (trouble && gradients_grew_);
  trouble_ = trouble;
  if (since_lowered_ < std::numeric_limits<std::uint32_t>::max()) ++since_lowered_;
  if (!rate || !std::isfinite(*rate) || *rate < 0) return;
  rate_ = *rate;
  if (logged_ % kBlock == 0) {
    std::rotate(highest_.begin(), highest_.end() - 1, highest_.end());
    highest_.front() = 0;
  }
  if (++logged_ == (kBlocks + 1) * kBlock) logged_ -= kBlock;
  highest_.front() = std::max(highest_.front(), static_cast<float>(rate_));
  if (rate_ <= kLowered * double{*std::max_element(highest_.begin(), highest_.end())}) since_lowered_ = 0;
}

std::optional<double> RateHistory::left() const {
  if (before_ <= 0) return std::nullopt;
  return rate_ / before_;
}

void RateHistory::Save(StateWriter& out) const {
  for (const float highest : highest_) out.F64(double{highest});
  for (const std::uint32_t count : {logged_, since_lowered_, since_verdict_}) out.U64(count);
  out.F64(rate_);
  out.F64(before_);
  out.Bool(trouble_);
  out.Bool(gradients_grew_);
}

bool RateHistory::Load(StateReader& in) {
  for (float& highest : highest_) highest = static_cast<float>(in.F64());
  for (std::uint32_t* count : {&logged_, &since_lowered_, &since_verdict_})
    *count = static_cast<std::uint32_t>(in.U64());
  rate_ = in.F64();
  before_ = in.F64();
  trouble_ = in.Bool();
  gradients_grew_ = in.Bool();
  if (!in.ok()) *this = RateHistory();
  return in.ok();
}

}  // namespace lossd::core
