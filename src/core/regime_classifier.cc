#include "core/regime_classifier.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kOutlierDeviations = 6;
constexpr double kElevatedDeviations = 4;
constexpr double kCalmDeviations = 3;
constexpr std::uint64_t kExcursionMemory = 2000;
constexpr std::uint64_t kNoRecovery = 32;
constexpr double kRisingZ = 4;
constexpr double kHoldZ = 2;
constexpr double kFallingZ = -3;
constexpr double kFlatRise = 0.35;  // of the noise, over the horizon
constexpr double kOneSided95 = 1.645;
constexpr std::uint64_t kFlatSamples = 64;
constexpr std::size_t kMinHorizon = 256;
constexpr double kSlowingZ = 2.5;
constexpr double kSlowingRatio = 0.5;
constexpr std::uint64_t kConfirm = 8;
constexpr std::uint64_t kMinDwell = 32;
constexpr std::uint64_t kQuietAfterRestart = 64;

}  // namespace

RegimeClassifier::RegimeClassifier(const ClassifierOptions& options) : options_(options) {}

Findings RegimeClassifier::Update(const Observation& observation) {
  Findings findings;
  const std::uint64_t sample = samples_++;
  if (!std::isfinite(observation.value)) {
    findings.non_finite = true;
    Enter(Regime::kNonFinite);
    return findings;
  }
  const double value = options_.direction == Direction::kLowerIsBetter ? observation.value : -observation.value;
  if (observation.step && last_step_ && *observation.step < *last_step_) {
    findings.restart = true;
    Restart(value);
    quiet_until_ = sample + kQuietAfterRestart;
  }
  if (observation.step) last_step_ = observation.step;
  ++finite_;
  ++regime_age_;

  const RobustPredictor::Innovation innovation = predictor_.Update(value);
  const std::uint32_t evaluated = ladder_.Add(innovation.winsorised, predictor_.noise() * 0.1);
  if (predictor_.ready() && sample >= quiet_until_) TrackExcursion(value, innovation, findings);

  bool rising = false;
  for (std::size_t scale = 0; scale < DyadicLadder::kScales; ++scale) {
    const ScaleTrend& trend = ladder_.trend(scale);
    if ((evaluated >> scale & 1U) != 0 && trend.usable && trend.z >= kRisingZ && trend.rise >= 0.5 * predictor_.noise())
      rising = true;
  }
  rising_evaluations_ = rising ? rising_evaluations_ + 1 : 0;

  const Regime judged = options_.profile == Profile::kTrendless ? Regime::kWarmingUp : Judge();
  candidate_age_ = judged == candidate_ ? candidate_age_ + 1 : 1;
  candidate_ = judged;
  const bool urgent = judged == Regime::kDiverging;
  const bool leaving_non_finite = regime_ == Regime::kNonFinite && candidate_age_ >= kConfirm;
  if (judged != regime_ && (urgent || leaving_non_finite || (candidate_age_ >= kConfirm && regime_age_ >= kMinDwell)))
    Enter(judged);
  return findings;
}

void RegimeClassifier::Restart(double value) {
  ladder_.Clear();
  predictor_.RestartLevel(value);
  excursion_ = {};
  rising_evaluations_ = 0;
  flat_for_ = 0;
  finite_ = 0;
}

void RegimeClassifier::TrackExcursion(double value, const RobustPredictor::Innovation& innovation, Findings& findings) {
  const std::uint64_t sample = samples_ - 1;
  if (!excursion_.open) {
    const double reference = std::max(innovation.predicted, predictor_.RecentMedian());
    const double noise = predictor_.noise();
    if (noise <= 0 || value - reference < kOutlierDeviations * noise) return;
    findings.outlier = true;
    excursion_ = {.open = true, .onset = sample, .baseline = reference, .noise = noise};
  }
  const double height = (value - excursion_.baseline) / excursion_.noise;
  excursion_.recent_high = (excursion_.recent_high << 1 | (height >= kElevatedDeviations ? 1U : 0U)) & 31U;
  if (!excursion_.announced && std::popcount(excursion_.recent_high) >= 3) {
    excursion_.announced = true;
    findings.spike = true;
    findings.spike_onset = excursion_.onset;
  }
  excursion_.calm = height <= kCalmDeviations ? excursion_.calm + 1 : 0;
  if (excursion_.calm >= 3 || sample - excursion_.onset > kExcursionMemory) excursion_ = {};
}

Regime RegimeClassifier::Judge() {
  if (finite_ < DyadicLadder::kBlocks || samples_ <= quiet_until_) return Regime::kWarmingUp;
  const double noise = predictor_.noise();

  double best = 0;
  bool held = false;
  for (std::size_t scale = 0; scale < DyadicLadder::kScales; ++scale) {
    const ScaleTrend& trend = ladder_.trend(scale);
    if (!trend.usable) continue;
    best = std::max(best, trend.z);
    if (trend.z >= kHoldZ && trend.rise >= 0.25 * noise) held = true;
  }
  const bool stays_up = excursion_.open && excursion_.announced && samples_ - 1 - excursion_.onset >= kNoRecovery &&
                        predictor_.RecentMedian() > excursion_.baseline + kElevatedDeviations * excursion_.noise &&
                        ladder_.trend(0).z > -2;
  if (rising_evaluations_ >= 2 || stays_up || (regime_ == Regime::kDiverging && held)) return Regime::kDiverging;

  std::size_t horizon = 0;
  for (std::size_t scale = 0; scale < DyadicLadder::kScales; ++scale) {
    const ScaleTrend& trend = ladder_.trend(scale);
    const bool fits = trend.window >= kMinHorizon && trend.window * 2 <= finite_;
    if (trend.usable && (fits || (horizon == 0 && finite_ < 2 * kMinHorizon))) horizon = scale;
  }
  const ScaleTrend& far = ladder_.trend(horizon);
  bool flat =
      far.usable && far.window >= kMinHorizon && std::abs(far.rise) + kOneSided95 * far.rise_error <= kFlatRise * noise;
  for (std::size_t scale = 0; scale < horizon && flat; ++scale) {
    if (ladder_.trend(scale).usable && ladder_.trend(scale).z <= kFallingZ) flat = false;
  }
  flat_for_ = flat ? flat_for_ + 1 : 0;
  if (flat_for_ >= kFlatSamples) return Regime::kPlateau;
  if (far.usable && far.z <= kFallingZ) {
    const bool slowing = far.curvature_z >= kSlowingZ && far.half_ratio <= kSlowingRatio;
    return slowing ? Regime::kConverging : Regime::kHealthy;
  }
  return Regime::kWarmingUp;
}

void RegimeClassifier::Enter(Regime regime) {
  if (regime != regime_) regime_age_ = 0;
  regime_ = regime;
  candidate_ = regime;
  candidate_age_ = 0;
}

std::optional<double> RegimeClassifier::noise() const {
  if (!predictor_.ready()) return std::nullopt;
  return predictor_.noise();
}

std::string RegimeClassifier::Why() const {
  if (regime_ == Regime::kNonFinite) return "the last sample is not finite";
  const ScaleTrend* strongest = nullptr;
  for (std::size_t scale = 0; scale < DyadicLadder::kScales; ++scale) {
    const ScaleTrend& trend = ladder_.trend(scale);
    if (trend.usable && (strongest == nullptr || std::abs(trend.z) > std::abs(strongest->z))) strongest = &trend;
  }
  char words[160];
  if (strongest == nullptr || predictor_.noise() <= 0) {
    std::snprintf(words, sizeof words, "%llu finite samples so far", static_cast<unsigned long long>(finite_));
  } else {
    std::snprintf(words, sizeof words, "%s %.1f noise deviations over %zu samples; z = %.1f",
                  strongest->rise < 0 ? "fell" : "rose", std::abs(strongest->rise) / predictor_.noise(),
                  strongest->window, strongest->z);
  }
  return words;
}

void RegimeClassifier::Save(StateWriter& out) const {
  out.U64(static_cast<std::uint64_t>(regime_));
  out.U64(static_cast<std::uint64_t>(candidate_));
  for (const std::uint64_t value : {candidate_age_, regime_age_, samples_, finite_, quiet_until_, flat_for_})
    out.U64(value);
  out.U64(rising_evaluations_);
  out.Bool(last_step_.has_value());
  out.I64(last_step_.value_or(0));
  predictor_.Save(out);
  ladder_.Save(out);
  out.Bool(excursion_.open);
  out.Bool(excursion_.announced);
  out.U64(excursion_.onset);
  out.F64(excursion_.baseline);
  out.F64(excursion_.noise);
  out.U64(excursion_.recent_high);
  out.U64(excursion_.calm);
}

bool RegimeClassifier::Load(StateReader& in) {
  const std::uint64_t regime = in.U64(), candidate = in.U64();
  if (regime >= kRegimeCount || candidate >= kRegimeCount) in.Fail();
  regime_ = static_cast<Regime>(regime % kRegimeCount);
  candidate_ = static_cast<Regime>(candidate % kRegimeCount);
  for (std::uint64_t* value : {&candidate_age_, &regime_age_, &samples_, &finite_, &quiet_until_, &flat_for_})
    *value = in.U64();
  rising_evaluations_ = static_cast<std::uint32_t>(in.U64());
  const bool has_step = in.Bool();
  const std::int64_t step = in.I64();
  last_step_ = has_step ? std::optional(step) : std::nullopt;
  predictor_.Load(in);
  ladder_.Load(in);
  excursion_.open = in.Bool();
  excursion_.announced = in.Bool();
  excursion_.onset = in.U64();
  excursion_.baseline = in.F64();
  excursion_.noise = in.F64();
  excursion_.recent_high = static_cast<std::uint32_t>(in.U64());
  excursion_.calm = in.U64();
  if (!in.ok()) *this = RegimeClassifier(options_);
  return in.ok();
}

}  // namespace lossd::core
