#include "core/regime/robust_predictor.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kClip = 3;  // innovations count for at most so many noise deviations
constexpr double kLevelGain = 0.1;
constexpr double kTrendGain = 0.005;
constexpr double kTrendDecay = 0.999;
constexpr double kNoiseGain = 1.0 / 64;
constexpr double kEarlyNoiseGain = 4;            // divided by the age
constexpr std::size_t kEarlyNoiseSamples = 256;  // where the two are equal
constexpr double kFallDeviations = 3;
constexpr double kFallGain = 0.5;
constexpr double kMadToDeviation = 1.4826;
constexpr double kTailGain = 0.3;
constexpr double kTailProbability = 0.03;
constexpr double kTailDeviations = 3;  // a normal variable exceeds it with a 20th of that probability

template <std::size_t N>
double Median(std::array<double, N> values, std::size_t count) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(values.begin(), middle, values.begin() + static_cast<std::ptrdiff_t>(count));
  if (count % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

double RobustPredictor::Update(double value, double recent_median, bool hold_level) {
  const double difference = count_ > 0 ? std::abs(value - last_) : 0;
  if (difference > 0 && (granularity_ == 0 || difference < granularity_)) {
    granularity_ = difference;
    least_noise_ = LeastNoise();
  }
  if (!ready() && count_ > 0) {
    constexpr double kMost = std::numeric_limits<float>::max();
    first_steps_[count_ - 1] = static_cast<float>(std::clamp(value - last_, -kMost, kMost));
  }
  last_ = value;
  recent_median_ = recent_median;
  if (!ready()) {
    ++count_;
    level_ = value;
    if (ready()) Initialise();
    return value;
  }
  ++count_;
  const double expected = predicted();
  const double sigma = noise();
  const double error = value - expected;
  const double clipped = sigma > 0 ? std::clamp(error / sigma, -kClip, kClip) : 0;
  if (!hold_level) {
    level_ = expected + kLevelGain * sigma * clipped;
    trend_ = kTrendDecay * (trend_ + kTrendGain * sigma * clipped);
    // A steep fall outruns clipped steps. Three of five samples cannot all be outliers.
    if (recent_median_ < level_ - kFallDeviations * sigma) level_ += kFallGain * (recent_median_ - level_);
  }
  // Stochastic approximation of quantiles in steps of a fixed ratio: no sample, however wild, moves them by more than
  // the gain.
  const double gain = count_ < kEarlyNoiseSamples ? kEarlyNoiseGain / static_cast<double>(count_) : kNoiseGain;
  const double deviation = std::abs(error) * kMadToDeviation;
  if (noise_ == 0) noise_ = deviation;
  // Up or down is a coin toss by design: both are computed, so that there is no branch to guess.
  const double raised = noise_ * (1 + gain), lowered = noise_ / (1 + gain);
  if (deviation != noise_) noise_ = deviation > noise_ ? raised : lowered;
  if (tail_ == 0) tail_ = noise_;
  tail_ *= error > kTailDeviations * tail_ ? 1 + kTailGain * (1 - kTailProbability) : 1 - kTailGain * kTailProbability;
  tail_ = std::max(tail_, noise_);
  return sigma > 0 ? expected + sigma * clipped : value;
}

void RobustPredictor::Initialise() {
  std::array<double, kMinSamples - 1> steps{};
  std::copy(first_steps_.begin(), first_steps_.end(), steps.begin());
  const double middle = Median(steps, steps.size());
  for (double& step : steps) step = std::abs(step - middle);
  noise_ = tail_ = kMadToDeviation * Median(steps, steps.size()) / std::numbers::sqrt2;
  level_ = recent_median_;
  trend_ = 0;
}

void RobustPredictor::RestartLevel(double value) {
  level_ = value;
  trend_ = 0;
  last_ = recent_median_ = value;
}

// The deviation of what rounding to the granularity takes off.
double RobustPredictor::LeastNoise() const { return granularity_ / std::sqrt(12.0); }

void RobustPredictor::Save(StateWriter& out) const {
  for (const float step : first_steps_) out.F64(static_cast<double>(step));
  out.U64(count_);
  for (const double value : {last_, level_, trend_, noise_, tail_, granularity_, recent_median_}) out.F64(value);
}

bool RobustPredictor::Load(StateReader& in) {
  for (float& step : first_steps_) step = static_cast<float>(in.F64());
  count_ = in.U64();
  for (double* value : {&last_, &level_, &trend_, &noise_, &tail_, &granularity_, &recent_median_}) *value = in.F64();
  least_noise_ = LeastNoise();
  if (!in.ok()) *this = RobustPredictor();
  return in.ok();
}

}  // namespace lossd::core
