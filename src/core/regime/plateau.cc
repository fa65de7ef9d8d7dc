#include "core/regime/plateau.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::size_t kMinHorizon = 256;
constexpr double kHorizonShare = 0.5;  // of the age
constexpr double kFlatRise = 0.4;      // noise deviations over the horizon
constexpr double kOneSided95 = 1.645;
constexpr double kFallingZ = 2.65;  // on a shorter window: something has begun
constexpr double kHoldSlack = 1.5;  // times these two keeps the verdict
constexpr std::uint32_t kFlatSamples = 192;

}  // namespace

void Plateau::Update(const MultiscaleTrend& ladder, std::uint64_t age, double noise) {
  const auto serves = [&](const ScaleTrend& trend) {
    const bool fits = static_cast<double>(trend.window) <= kHorizonShare * static_cast<double>(age);
    return trend.usable && (fits || trend.window < kMinHorizon);
  };
  horizon_ = MultiscaleTrend::kScales - 1;
  while (horizon_ > 0 && !serves(ladder.trend(horizon_))) --horizon_;
  const ScaleTrend& far = ladder.trend(horizon_);
  const double slack = active() ? kHoldSlack : 1;
  const double margin = slack * kFlatRise * std::max(noise, far.deviation);
  bool flat = far.usable && far.window >= kMinHorizon && std::abs(far.rise) + kOneSided95 * far.rise_error <= margin;
  for (std::size_t scale = 0; scale < horizon_ && flat; ++scale) {
    if (ladder.trend(scale).usable && ladder.trend(scale).FallsBy(slack * kFallingZ)) flat = false;
  }
  flat_for_ = flat ? std::min(flat_for_ + std::uint32_t{kEvery}, kFlatSamples) : 0;
}

bool Plateau::active() const { return flat_for_ >= kFlatSamples; }

void Plateau::Clear() { *this = Plateau(); }

void Plateau::Save(StateWriter& out) const {
  out.U64(horizon_);
  out.U64(flat_for_);
}

bool Plateau::Load(StateReader& in) {
  const std::uint64_t horizon = in.U64(), flat_for = in.U64();
  horizon_ = static_cast<std::uint8_t>(horizon);
  flat_for_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(flat_for, kFlatSamples));
  if (!in.ok() || horizon >= MultiscaleTrend::kScales) Clear();
  return in.ok();
}

}  // namespace lossd::core
