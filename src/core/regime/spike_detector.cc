#include "core/regime/spike_detector.h"

#include <algorithm>

#include "core/median.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kOutlierDeviations = 5;
constexpr double kElevatedDeviations = 3.5;
constexpr double kElevatedSamples = 3;  // of the last five
constexpr double kForewarnedSamples = 2;
constexpr double kCalmDeviations = 3;
constexpr double kCalmSamples = 3;
constexpr std::uint64_t kClimbAge = 12;  // a spike has turned by then
constexpr std::uint64_t kStayAge = 20;
constexpr std::uint64_t kTransientAge = 24;
constexpr double kStayDeviations = 5;
constexpr double kStayShare = 0.5;  // of its peak that a jump keeps
constexpr std::uint32_t kWake = 256;
constexpr std::uint64_t kMemory = 2000;  // afterwards the new level is the baseline

}  // namespace

SpikeDetector::Verdict SpikeDetector::Update(double value, double reference, double noise, double tail_noise,
                                             bool gradient_surged) {
  Verdict verdict;
  if (wake_ > 0) --wake_;
  if (!open()) {
    if (noise <= 0 || value - reference < kOutlierDeviations * tail_noise) return verdict;
    verdict.outlier = true;
    baseline_ = reference;
    noise_ = noise;
    tail_noise_ = tail_noise;
  }
  const double height = (value - baseline_) / noise_;
  heights_[age_++ % kRecent] = height;

  const auto high = std::count_if(heights_.begin(), heights_.end(), [](double h) { return h >= kElevatedDeviations; });
  if (!announced_ && static_cast<double>(high) >= (gradient_surged ? kForewarnedSamples : kElevatedSamples))
    verdict.spike = announced_ = true;

  const double median = age_ >= kRecent ? MedianOfFive(heights_) : 0;
  const double needed = kStayDeviations * tail_noise_ / noise_;
  if (announced_ && median >= needed) {
    if (age_ >= kClimbAge && median >= peak_) stays_ = true;
    if (age_ >= kStayAge && median >= kStayShare * peak_) stays_ = true;
  }
  if (median < needed) stays_ = false;
  peak_ = std::max(peak_, median);
  if (announced_) {
    wake_ = kWake;
    half_way_ = baseline_ + kStayShare * peak_ * noise_;
  }

  calm_ = height <= kCalmDeviations ? calm_ + 1 : 0;
  if (static_cast<double>(calm_) >= kCalmSamples || age_ > kMemory) Close();
  return verdict;
}

bool SpikeDetector::transient() const { return open() && !stays_ && age_ <= kTransientAge; }

void SpikeDetector::Close() {
  const std::uint32_t wake = wake_;
  const double half_way = half_way_;
  *this = SpikeDetector();
  wake_ = wake;
  half_way_ = half_way;
}

void SpikeDetector::Save(StateWriter& out) const {
  out.U64(age_);
  out.Bool(announced_);
  out.Bool(stays_);
  out.U64(calm_);
  out.U64(wake_);
  for (const double value : {half_way_, baseline_, noise_, tail_noise_, peak_}) out.F64(value);
  for (const double height : heights_) out.F64(height);
}

bool SpikeDetector::Load(StateReader& in) {
  age_ = static_cast<std::uint32_t>(in.U64());
  announced_ = in.Bool();
  stays_ = in.Bool();
  calm_ = static_cast<std::uint32_t>(in.U64());
  wake_ = static_cast<std::uint32_t>(in.U64());
  for (double* value : {&half_way_, &baseline_, &noise_, &tail_noise_, &peak_}) *value = in.F64();
  for (double& height : heights_) height = in.F64();
  if (!in.ok()) *this = SpikeDetector();
  return in.ok();
}

}  // namespace lossd::core
