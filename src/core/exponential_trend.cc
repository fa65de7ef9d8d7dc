#include "core/exponential_trend.h"

#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {

ExponentialTrend::ExponentialTrend(double half_life) : decay_(std::exp2(-1 / half_life)) {}

void ExponentialTrend::Update(double loss) {
  // Everything already counted grows older by one.
  age_squares_ = decay_ * (age_squares_ + 2 * age_ + weight_);
  age_ = decay_ * (age_ + weight_);
  weight_ = decay_ * weight_ + 1;
  if (++count_ == 1) {
    last_ = mean_ = loss;
    return;
  }
  // Gain of the normal equations in (level now, slope): inverse of the moment matrix times (1, 0).
  const double error = (loss - last_) - excess_ - slope_;
  const double determinant = weight_ * age_squares_ - age_ * age_;
  excess_ = error * (age_squares_ / determinant - 1);
  slope_ += error * (age_ / determinant);
  mean_ += (loss - mean_) / weight_;
  last_ = loss;
  if (std::isfinite(excess_) && std::isfinite(slope_) && std::isfinite(mean_)) return;
  // The jump was wider than the range of double: nothing before it can be told from zero beside it.
  count_ = 0;
  weight_ = age_ = age_squares_ = excess_ = slope_ = 0;
  Update(loss);
}

void ExponentialTrend::Save(StateWriter& out) const {
  out.F64(decay_);
  out.U64(count_);
  for (const double value : {weight_, age_, age_squares_, last_, excess_, slope_, mean_}) out.F64(value);
}

bool ExponentialTrend::Load(StateReader& in) {
  ExponentialTrend loaded = *this;
  if (in.F64() != decay_) in.Fail();
  loaded.count_ = in.U64();
  for (double* value : {&loaded.weight_, &loaded.age_, &loaded.age_squares_, &loaded.last_, &loaded.excess_,
                        &loaded.slope_, &loaded.mean_}) {
    *value = in.F64();
    if (!std::isfinite(*value)) in.Fail();
  }
  if (!in.ok()) return false;
  *this = loaded;
  return true;
}

}  // namespace lossd::core
