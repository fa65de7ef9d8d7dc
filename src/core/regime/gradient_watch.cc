#include "core/regime/gradient_watch.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::uint8_t kMinSamples = 32;
constexpr std::uint8_t kMemory = 64;
constexpr double kClip = 3;   // mean absolute innovations
constexpr double kSurge = 8;  // mean absolute innovations: six standard deviations of normal noise
constexpr double kHigh = 3;
constexpr double kElevatedGain = 1.0 / 8;
constexpr double kLeastDeviation = 0.05;  // a twentieth, in the logarithm: no norm is steadier in earnest

}  // namespace

void GradientWatch::Update(const std::optional<double>& norm) {
  if (since_surge_ < kSurgeMemory) ++since_surge_;
  broken_ = norm && !std::isfinite(*norm);
  if (!norm || *norm <= 0) return;
  if (broken_) {
    since_surge_ = 0;
    elevated_ += kElevatedGain * (1 - elevated_);
    return;
  }
  const double value = std::log(*norm);
  if (count_ == 0) level_ = value;
  const double scale = std::max(deviation_, kLeastDeviation);
  const double innovation = (value - level_) / scale;
  const bool ready = count_ >= kMinSamples;
  if (ready && innovation >= kSurge) since_surge_ = 0;
  elevated_ += kElevatedGain * ((ready && innovation >= kHigh ? 1 : 0) - elevated_);
  if (count_ < kMemory) ++count_;
  const double gain = 1 / static_cast<double>(count_);
  const double step = ready ? std::clamp(innovation, -kClip, kClip) : innovation;
  level_ += gain * scale * step;
  deviation_ += gain * (scale * std::abs(step) - deviation_);
}

void GradientWatch::Save(StateWriter& out) const {
  for (const double value : {level_, deviation_, elevated_}) out.F64(value);
  out.U64(count_);
  out.U64(since_surge_);
  out.Bool(broken_);
}

bool GradientWatch::Load(StateReader& in) {
  for (double* value : {&level_, &deviation_, &elevated_}) *value = in.F64();
  count_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kMemory));
  since_surge_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kSurgeMemory));
  broken_ = in.Bool();
  if (!in.ok()) *this = GradientWatch();
  return in.ok();
}

}  // namespace lossd::core
