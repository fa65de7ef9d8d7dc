#include "core/regime/equal_runs.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kShortest = 16;
constexpr double kUnmoved = 64;         // where the digits are too few to show a slow fall, and none has moved yet
constexpr double kFewDigits = 1e-3;     // of the value, what one printed digit is worth
constexpr double kLongestFactor = 3;    // times the longest run before
constexpr double kLongMean = 2.5;       // runs that are this long on average have lengths of all sizes:
constexpr double kMeanFactor = 10;      // then so many times the mean, which chance exceeds once in 20,000 runs
constexpr double kGridSteps = 3;        // a usual step of so many of the least is one of the grid
constexpr double kQuantileStep = 1.15;  // to the median of the steps, up or down with each
constexpr double kGain = 1.0 / 32;
constexpr double kLengthGain = 1.0 / 8;
constexpr int kMostDecimals = 12;
constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
constexpr double kWithin = 1.01;         // digits from the anchor
constexpr std::uint8_t kStrays = 3;      // samples farther away, when the loss has left it
constexpr std::uint32_t kForgiven = 16;  // samples near it that make up for one of them
constexpr std::uint64_t kStuckFor = 64;
constexpr double kFloatError = 1e-7;   // of the anchor, as it is kept
constexpr double kSmallDigit = 0.005;  // of the loss

/// What the last printed digit of a decimal number is worth; 0 where it has too many to have been printed.
double PrintedDigit(double value) {
  double digit = 1;
  for (int decimals = 0; decimals <= kMostDecimals; ++decimals, digit /= 10) {
    const double scaled = value / digit;
    if (std::abs(scaled - std::round(scaled)) <= 1e-9 * std::max(1.0, std::abs(scaled))) return digit;
  }
  return 0;
}

}  // namespace

bool EqualRuns::Update(double value) {
  FollowAnchor(value);
  if (length_ > 0 && value == last_) {
    if (length_ < kMost) ++length_;
    constant_ = constant_ || static_cast<double>(length_) >= Needed();
    const bool of_the_grid = least_step_ > 0 && usual_step_ <= kGridSteps * least_step_;
    return of_the_grid && !constant_;
  }
  if (length_ > 0) {
    const double step = std::abs(value - last_);
    least_step_ = least_step_ == 0 ? step : std::min(least_step_, step);
    if (usual_step_ == 0) usual_step_ = step;
    usual_step_ *= step > usual_step_ ? kQuantileStep : 1 / kQuantileStep;
    const auto ended = static_cast<double>(length_);
    longest_ = std::max(longest_ * (1 - kGain), ended);
    mean_length_ += kLengthGain * (ended - mean_length_);
  }
  constant_ = false;
  length_ = 1;
  last_ = value;
  return true;
}

void EqualRuns::FollowAnchor(double value) {
  const double distance = std::abs(value - static_cast<double>(anchor_));
  if (near_ > 0 && distance <= kWithin * least_step_ + kFloatError * std::abs(value)) {
    if (near_ < kMost) ++near_;
    if (strays_ > 0 && near_ % kForgiven == 0) --strays_;
    return;
  }
  if (near_ > 0 && ++strays_ < kStrays) return;
  anchor_ = static_cast<float>(value);
  near_ = 1;
  strays_ = 0;
}

bool EqualRuns::stuck(std::uint64_t count) const {
  return near_ >= std::max(kStuckFor, count / 2) && least_step_ <= kSmallDigit * std::abs(static_cast<double>(anchor_));
}

double EqualRuns::Needed() const {
  if (least_step_ == 0) {
    const double digit = PrintedDigit(last_);
    const bool slow_fall_hides = digit > kFewDigits * std::abs(last_) && last_ != 0 && !broken_;
    return slow_fall_hides ? kUnmoved : kShortest;
  }
  const double usual = std::max(kLongestFactor * longest_, mean_length_ > kLongMean ? kMeanFactor * mean_length_ : 0);
  return std::max(kShortest, usual);
}

void EqualRuns::Break(bool broken) {
  length_ = near_ = 0;
  strays_ = 0;
  broken_ |= broken;
  constant_ = false;
}

void EqualRuns::Save(StateWriter& out) const {
  for (const double value : {last_, least_step_, usual_step_, longest_, mean_length_}) out.F64(value);
  out.F64(static_cast<double>(anchor_));
  for (const std::uint32_t count : {length_, near_, std::uint32_t{strays_}}) out.U64(count);
  out.Bool(constant_);
  out.Bool(broken_);
}

bool EqualRuns::Load(StateReader& in) {
  for (double* value : {&last_, &least_step_, &usual_step_, &longest_, &mean_length_}) *value = in.F64();
  anchor_ = static_cast<float>(in.F64());
  for (std::uint32_t* count : {&length_, &near_})
    *count = static_cast<std::uint32_t>(std::min<std::uint64_t>(in.U64(), kMost));
  strays_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kStrays));
  constant_ = in.Bool();
  broken_ = in.Bool();
  if (!in.ok()) *this = EqualRuns();
  return in.ok();
}

}  // namespace lossd::core
