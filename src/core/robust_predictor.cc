#include "core/robust_predictor.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kClip = 3;  // innovations count for at most so many noise deviations
constexpr double kLevelGain = 0.1;
constexpr double kTrendGain = 0.005;
constexpr double kTrendDecay = 0.999;
constexpr double kNoiseGain = 1.0 / 64;
constexpr double kMadToDeviation = 1.4826;

template <std::size_t N>
double Median(std::array<double, N> values, std::size_t count) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(count));
  if (count % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

RobustPredictor::Innovation RobustPredictor::Update(double value) {
  const double step = count_ > 0 ? std::abs(value - last_) : 0;
  if (step > 0 && (granularity_ == 0 || step < granularity_)) granularity_ = step;
  last_ = value;
  recent_[count_ % recent_.size()] = value;

  if (!ready()) {
    first_[count_++] = value;
    level_ = value;
    if (ready()) Initialise();
    return {value, 0, value};
  }
  ++count_;
  const double predicted = level_ + trend_;
  const double sigma = noise();
  const double z = sigma > 0 ? (value - predicted) / sigma : 0;
  const double clipped = std::clamp(z, -kClip, kClip);
  level_ = predicted + kLevelGain * sigma * clipped;
  trend_ = kTrendDecay * (trend_ + kTrendGain * sigma * clipped);
  // Stochastic approximation of the median of |innovation|, in the logarithm: no tail, however heavy, moves it by more
  // than the gain.
  const double gain = std::max(kNoiseGain, 1 / static_cast<double>(count_));
  const double error = std::abs(value - predicted) * kMadToDeviation;
  if (noise_ == 0) noise_ = error;
  if (error != noise_) noise_ *= std::exp(error > noise_ ? gain : -gain);
  return {predicted, z, sigma > 0 ? predicted + sigma * clipped : value};
}

void RobustPredictor::Initialise() {
  std::array<double, kMinSamples> steps{};
  for (std::size_t i = 0; i + 1 < kMinSamples; ++i) steps[i] = first_[i + 1] - first_[i];
  const double middle = Median(steps, kMinSamples - 1);
  for (std::size_t i = 0; i + 1 < kMinSamples; ++i) steps[i] = std::abs(steps[i] - middle);
  noise_ = kMadToDeviation * Median(steps, kMinSamples - 1) / std::numbers::sqrt2;
  level_ = RecentMedian();
  trend_ = 0;
}

void RobustPredictor::RestartLevel(double value) {
  level_ = value;
  trend_ = 0;
  last_ = value;
  recent_.fill(value);
}

double RobustPredictor::noise() const { return std::max(noise_, granularity_ / std::sqrt(12.0)); }

double RobustPredictor::RecentMedian() const {
  return count_ == 0 ? 0 : Median(recent_, std::min(count_, recent_.size()));
}

void RobustPredictor::Save(StateWriter& out) const {
  for (const double value : first_) out.F64(value);
  for (const double value : recent_) out.F64(value);
  out.U64(count_);
  for (const double value : {last_, level_, trend_, noise_, granularity_}) out.F64(value);
}

bool RobustPredictor::Load(StateReader& in) {
  for (double& value : first_) value = in.F64();
  for (double& value : recent_) value = in.F64();
  count_ = in.U64();
  for (double* value : {&last_, &level_, &trend_, &noise_, &granularity_}) *value = in.F64();
  if (!in.ok()) *this = RobustPredictor();
  return in.ok();
}

}  // namespace lossd::core
