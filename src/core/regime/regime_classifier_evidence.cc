// What the classifier rests its verdict on, and what follows from that for the learning rate.
#include <algorithm>
#include <cmath>

#include "core/regime/regime_classifier.h"

namespace lossd::core {
namespace {

constexpr double kFallingZ = 3;
constexpr std::uint64_t kSpikeMemory = 1000;

}  // namespace

RegimeEvidence RegimeClassifier::Evidence() const {
  RegimeEvidence evidence;
  evidence.regime = regime();
  evidence.regime_samples = verdict_.age();
  evidence.finite_samples = finite_;
  const double noise = tests_.noise();
  evidence.noise = tests_.ready() ? noise : 0;
  const auto deviations = [noise](double value) { return noise > 0 ? value / noise : 0; };
  for (std::size_t scale = 0; scale < MultiscaleTrend::kScales; ++scale) {
    const ScaleTrend& trend = tests_.trend().trend(scale);
    evidence.scales[scale] = {trend.window, trend.usable, deviations(trend.rise), trend.z(), trend.curvature_t()};
  }
  if (const BlockTrend& half = visible_.half(); half.known) {
    const double sign = options_.direction == Direction::kLowerIsBetter ? 1 : -1, size = std::abs(half.mean);
    evidence.half = {visible_.half_values(), sign * half.rise,  half.error, size > 0 ? sign * half.rise / size : 0,
                     sign * half.rank_z,     sign * half.bend_t};
  }
  evidence.excursion_open = tests_.excursion().open();
  evidence.excursion_samples = tests_.excursion().age();
  evidence.excursion_deviations = tests_.excursion().peak();
  if (early_.active() || tests_.divergence().active()) {
    const double sign = options_.direction == Direction::kLowerIsBetter ? 1 : -1;
    evidence.risen_samples = early_.active() ? early_.age() : tests_.divergence().age();
    evidence.risen_from = sign * (early_.active() ? early_.baseline() : tests_.divergence().baseline());
    evidence.risen_deviations = RisenDeviations();
  }
  if (tests_.oscillation().active()) {
    evidence.period_samples = tests_.oscillation().period_samples();
    evidence.amplitude_deviations = deviations(tests_.oscillation().amplitude());
  }
  if (options_.evaluation) {
    evidence.evaluations_since_best = overfitting_.since_best();
    evidence.risen_from_best = overfitting_.risen();
  }
  evidence.equal_samples = equal_.length();
  evidence.rate = gate_.rate();
  evidence.rate_frozen = gate_.frozen();
  evidence.gradients_grow = gradients_.grows();
  evidence.masked = masked_;
  return evidence;
}

std::string RegimeClassifier::Why() const { return Describe(Evidence()); }

LrAdvice RegimeClassifier::Advice() const {
  // Of a loss whose trend means little nothing follows for the rate.
  const bool means =
      options_.profile == Profile::kLoss && (options_.role == Role::kWhole || options_.role == Role::kReward);
  if (!means && regime() != Regime::kNonFinite) return {};
  // Nor from an evaluation that overflows and has always done so, whatever it was computed with.
  if (options_.evaluation && finite_ == 0) return {};
  LrEvidence evidence;
  evidence.regime = regime();
  evidence.relative_rate = gate_.relative();
  evidence.gradients_grow = rates_.gradients_grew();
  for (std::size_t scale = 0; scale < MultiscaleTrend::kScales; ++scale) {
    const ScaleTrend& trend = tests_.trend().trend(scale);
    // A longer window still holds the fall from before the rise.
    if (scale > 0 && trend.window > (early_.active() ? early_.age() : tests_.divergence().age())) break;
    evidence.falling |= trend.usable && trend.FallsBy(kFallingZ);
  }
  evidence.still_up = rates_.trouble();
  evidence.risen_deviations = RisenDeviations();
  if (early_.active() && early_.noise() > 0) {
    const double peak = (early_.peak() - early_.baseline()) / early_.noise();
    evidence.risen_deviations = std::max(evidence.risen_deviations, peak);
  } else if (tests_.divergence().active() && tests_.divergence().noise() > 0) {
    const double peak = (tests_.divergence().peak() - tests_.divergence().baseline()) / tests_.divergence().noise();
    evidence.risen_deviations = std::max(evidence.risen_deviations, peak);
  }
  evidence.lowered_lately = rates_.lowered_lately();
  evidence.rate_left = rates_.left();
  const auto now = static_cast<std::uint32_t>(samples_);
  const std::uint64_t memory = std::min<std::uint64_t>(kSpikeMemory, rates_.since_lowered());
  for (const std::uint32_t spike : last_spikes_) {
    evidence.recent_spikes += spike > 0 && now - spike < memory ? 1 : 0;
  }
  if (tests_.oscillation().active()) {
    evidence.period_samples = tests_.oscillation().period_samples();
    evidence.amplitude_deviations = tests_.noise() > 0 ? tests_.oscillation().amplitude() / tests_.noise() : 0;
  }
  if (tests_.noise() > 0) evidence.fallen_deviations = tests_.divergence().fallen() / tests_.noise();
  return AdviseLr(evidence);
}

}  // namespace lossd::core
