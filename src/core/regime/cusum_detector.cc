#include "core/regime/cusum_detector.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr float kReference = 0.5F;  // noise deviations that chance may exceed the start by
constexpr float kClip = 4;          // that one sample counts for at most
constexpr float kSumFactor = 17;    // times the mean of the earlier sums, which are exponential where chance makes them
constexpr float kHeight = 4;
constexpr float kHeightFactor = 6;  // times the mean of the earlier heights
constexpr float kHigh = 2;
constexpr int kHighSamples = 10;  // a spike has turned by then
constexpr int kOldest = 128;      // a climb that takes longer is for the trend to prove
constexpr int kMinClimbs = 8;     // before them nothing is known of chance
constexpr int kMemory = 64;       // climbs
constexpr float kLesson = 4;      // times the mean: what is not chance must not teach what chance does

}  // namespace

double CusumDetector::Update(double value, double recent_median, double expected, double noise) {
  if (noise <= 0) return 0;
  if (length_ == 0) {
    start_ = expected;
    noise_ = static_cast<float>(noise);
    sum_ = largest_ = highest_ = 0;
    high_ = 0;
  }
  const auto height = [this](double v) { return static_cast<float>((v - start_) / static_cast<double>(noise_)); };
  const float excess = std::clamp(height(value), -kClip, kClip) - kReference;
  if (length_ == 0 && excess <= 0) return 0;
  ++length_;
  sum_ += excess;
  largest_ = std::max(largest_, sum_);
  if (sum_ <= 0 || length_ > kOldest) {
    End();
    return 0;
  }
  const float now = height(recent_median);
  high_ = now >= kHigh ? static_cast<std::uint8_t>(high_ + 1) : std::uint8_t{0};
  const bool at_top = now >= highest_;
  highest_ = std::max(highest_, now);
  const bool proven = at_top && high_ >= kHighSamples && climbs_ >= kMinClimbs &&
                      now >= std::max(kHeight, kHeightFactor * mean_height_) && sum_ >= kSumFactor * mean_sum_;
  return proven ? recent_median - start_ : 0;
}

void CusumDetector::End() {
  length_ = 0;
  if (climbs_ < kMemory) ++climbs_;
  const float gain = 1 / static_cast<float>(climbs_ + 3);
  mean_sum_ += gain * (std::min(largest_, kLesson * mean_sum_) - mean_sum_);
  mean_height_ += gain * (std::min(highest_, kLesson * mean_height_) - mean_height_);
}

void CusumDetector::Save(StateWriter& out) const {
  out.F64(start_);
  for (const float value : {noise_, sum_, largest_, highest_, mean_sum_, mean_height_})
    out.F64(static_cast<double>(value));
  for (const std::uint8_t count : {length_, high_, climbs_}) out.U64(count);
}

bool CusumDetector::Load(StateReader& in) {
  start_ = in.F64();
  for (float* value : {&noise_, &sum_, &largest_, &highest_, &mean_sum_, &mean_height_})
    *value = static_cast<float>(in.F64());
  for (std::uint8_t* count : {&length_, &high_, &climbs_}) *count = static_cast<std::uint8_t>(in.U64());
  if (!in.ok()) *this = CusumDetector();
  return in.ok();
}

}  // namespace lossd::core
