#include "core/rate_history.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kLowered = 0.9;

}  // namespace

void RateHistory::Update(std::optional<double> rate, bool trouble, bool gradients_grow) {
  if (trouble && !trouble_) before_ = samples_ >= kBlocks * kBlock ? highest_.back() : 0;
  if (!trouble) before_ = 0;
  gradients_grew_ = gradients_grow || (trouble && gradients_grew_);
  trouble_ = trouble;
  ++since_lowered_;
  if (!rate || !std::isfinite(*rate) || *rate < 0) return;
  rate_ = *rate;
  if (samples_++ % kBlock == 0) {
    std::rotate(highest_.begin(), highest_.end() - 1, highest_.end());
    highest_.front() = 0;
  }
  highest_.front() = std::max(highest_.front(), rate_);
  if (rate_ <= kLowered * *std::max_element(highest_.begin(), highest_.end())) since_lowered_ = 0;
}

std::optional<double> RateHistory::left() const {
  if (before_ <= 0) return std::nullopt;
  return rate_ / before_;
}

void RateHistory::Save(StateWriter& out) const {
  for (const double highest : highest_) out.F64(highest);
  out.U64(samples_);
  out.U64(since_lowered_);
  out.F64(rate_);
  out.F64(before_);
  out.Bool(trouble_);
  out.Bool(gradients_grew_);
}

bool RateHistory::Load(StateReader& in) {
  for (double& highest : highest_) highest = in.F64();
  samples_ = in.U64();
  since_lowered_ = in.U64();
  rate_ = in.F64();
  before_ = in.F64();
  trouble_ = in.Bool();
  gradients_grew_ = in.Bool();
  if (!in.ok()) *this = RateHistory();
  return in.ok();
}

}  // namespace lossd::core
