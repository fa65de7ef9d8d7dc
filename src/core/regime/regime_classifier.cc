#include "core/regime/regime_classifier.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kFallingZ = 3;
constexpr double kStillUp = 5;  // noise deviations above the level that the loss rose from
constexpr double kSlowingT = 2.5;
constexpr double kSlowingRatio = 0.5;
constexpr double kLadderFloor = 0.1;  // of the noise: what a block of single samples is credited with at least
constexpr std::uint64_t kMinDivergenceAge = 64;  // the first samples of a run have no level to rise from
constexpr std::uint32_t kConfirm = 8;
constexpr std::uint64_t kMinDwell = 32;
constexpr std::uint64_t kSpikeWake = 64;  // what an announced spike leaves behind is no second one
constexpr std::uint64_t kSpikeMemory = 1000;
constexpr std::uint64_t kQuietAfterRestart = 64;
constexpr std::uint64_t kFirstVerdict = 12;
constexpr double kGridNoise = 0.3;  // of a printed digit: what rounding to it looks like

}  // namespace

RegimeClassifier::RegimeClassifier(const ClassifierOptions& options) : options_(options) {}

Findings RegimeClassifier::Update(const Observation& observation) {
  Findings findings;
  const std::uint64_t sample = samples_++;
  gradients_.Update(observation.gradient_norm);
  rates_.Update(observation.learning_rate, regime_ == Regime::kDiverging || regime_ == Regime::kNonFinite,
                RisenDeviations() >= kStillUp, gradients_.grows());
  masked_ = observation.value == 0 && gradients_.broken();
  if (!std::isfinite(observation.value) || masked_) {
    findings.non_finite = true;
    equal_.Break(true);
    Enter(Regime::kNonFinite);
    return findings;
  }
  const double value = options_.direction == Direction::kLowerIsBetter ? observation.value : -observation.value;
  const Progress::Move move = progress_.Update(observation.step, observation.epoch, value, recent_);
  if (move != Progress::Move::kOnward) {
    findings.restart = true;
    Restart(value, move);
    quiet_until_ = sample + kQuietAfterRestart;
  }
  ++finite_;
  ++regime_age_;
  if (!equal_.Update(value)) {
    Settle(Judge());
    return findings;
  }
  ++fresh_;
  recent_.Push(value);
  if (options_.evaluation) {
    const double sign = options_.direction == Direction::kLowerIsBetter ? 1 : -1;
    const double noise = std::max(recent_.DifferenceNoise(), kGridNoise * recent_.LeastStep());
    std::optional<double> training = observation.training_level;
    if (training) *training *= sign;
    overfitting_.Update(recent_, noise, training);
  }

  const bool quiet = sample < quiet_until_;
  if (predictor_.ready() && !quiet) {
    const SpikeDetector::Verdict verdict =
        excursion_.Update(value, std::max(predictor_.predicted(), predictor_.recent_median()), predictor_.noise(),
                          predictor_.tail_noise(), gradients_.surged());
    findings.outlier = verdict.outlier;
    const bool known = excursion_.announced() || divergence_.active() ||
                       (last_spikes_.back() > 0 && samples_ - last_spikes_.back() < kSpikeWake);
    const bool lasts =
        run_.Update(value, predictor_.predicted(), predictor_.noise()) && !known && ladder_.trend(0).usable;
    findings.spike = (verdict.spike || lasts) && options_.profile == Profile::kLoss;
    if (findings.spike) {
      findings.spike_onset = sample + 1 - (lasts ? run_.length() : excursion_.age());
      std::rotate(last_spikes_.begin(), last_spikes_.begin() + 1, last_spikes_.end());
      last_spikes_.back() = samples_;
    }
  }
  // A spike must not leave a slope behind: until an excursion has shown that it stays, the trend does not see it.
  const bool transient = excursion_.transient();
  const double expected = predictor_.predicted(), noise_before = predictor_.noise();
  const bool foreseen = predictor_.ready();
  const double winsorised = predictor_.Update(value, transient);
  const double noise = predictor_.noise();
  const std::uint32_t evaluated = transient ? 0 : ladder_.Add(winsorised, kLadderFloor * noise);
  const double floor_rise = transient ? 0 : floor_.Update(winsorised);
  const double climb =
      foreseen && !quiet ? climb_.Update(value, predictor_.recent_median(), expected, noise_before) : 0;
  gate_.Update(observation.learning_rate, predictor_.level());
  if (options_.profile == Profile::kLoss && fresh_ >= MultiscaleTrend::kBlocks && !quiet) {
    oscillation_.Update(ladder_, evaluated, noise);
    const bool lawful = gate_.rise_expected(predictor_.level(), noise);
    if (lawful && excursion_.open() && !excursion_.transient()) {
      // What the schedule lifted is the new level, also when the rate has come down again.
      predictor_.RestartLevel(predictor_.recent_median());
      excursion_.Close();
    }
    divergence_.Update(ladder_, evaluated, excursion_, oscillation_,
                       {.level = predictor_.level(),
                        .noise = noise,
                        .tail_noise = predictor_.tail_noise(),
                        .recent_median = predictor_.recent_median(),
                        .climb = climb,
                        .floor_rise = floor_rise,
                        .excused = lawful || fresh_ < kMinDivergenceAge,
                        .returning = excursion_.Returning(predictor_.recent_median())});
    plateau_.Update(ladder_, fresh_, noise);
  }

  Settle(Judge());
  return findings;
}

void RegimeClassifier::Settle(Regime judged) {
  candidate_age_ = judged == candidate_ ? std::min(candidate_age_ + 1, kConfirm) : 1;
  candidate_ = judged;
  const bool settled = candidate_age_ >= kConfirm && regime_age_ >= kMinDwell;
  const bool at_once = judged == Regime::kDiverging || judged == Regime::kOverfitting || judged == Regime::kConstant ||
                       regime_ == Regime::kNonFinite || regime_ == Regime::kConstant || regime_ == Regime::kWarmingUp ||
                       judged == Regime::kWarmingUp;
  if (judged != regime_ && (at_once || settled)) Enter(judged);
}

void RegimeClassifier::Restart(double value, Progress::Move move) {
  // A rate at which the loss diverged is no rate that the run has known to be good.
  if (rates_.trouble()) gate_ = LearningRateGate();
  ladder_.Clear();
  predictor_.RestartLevel(value);
  excursion_ = SpikeDetector();
  run_.Break();
  divergence_.Clear();
  floor_.Clear();
  climb_.Break();
  oscillation_.Clear();
  plateau_.Clear();
  equal_.Break();
  recent_.Clear();
  overfitting_.Clear();
  fresh_ = 0;
  if (move == Progress::Move::kBegun) finite_ = 0;
}

double RegimeClassifier::RisenDeviations() const {
  if (divergence_.noise() <= 0) return 0;
  const double level = std::max(predictor_.recent_median(), predictor_.level());
  return (level - divergence_.baseline()) / divergence_.noise();
}

Regime RegimeClassifier::Judge() const {
  const Regime nothing = finite_ < kFirstVerdict ? Regime::kWarmingUp : Regime::kUndecided;
  const bool idle_part = options_.role == Role::kPart && recent_.size() > 0 && recent_.Value(0) == 0;
  if (equal_.constant() && !idle_part) return Regime::kConstant;
  if (options_.profile == Profile::kTrendless) return nothing;
  if (overfitting_.active()) return Regime::kOverfitting;
  if (divergence_.active()) return Regime::kDiverging;
  if (oscillation_.active()) return Regime::kOscillating;
  if (plateau_.active() || gate_.frozen()) return Regime::kPlateau;
  const ScaleTrend& far = ladder_.trend(plateau_.horizon());
  if (!far.usable || !far.FallsBy(kFallingZ)) return nothing;
  const bool slowing = far.curvature_t() >= kSlowingT && far.half_ratio() <= kSlowingRatio;
  return slowing ? Regime::kConverging : Regime::kHealthy;
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

RegimeEvidence RegimeClassifier::Evidence() const {
  RegimeEvidence evidence;
  evidence.regime = regime_;
  evidence.regime_samples = regime_age_;
  evidence.finite_samples = finite_;
  const double noise = predictor_.noise();
  evidence.noise = predictor_.ready() ? noise : 0;
  const auto deviations = [noise](double value) { return noise > 0 ? value / noise : 0; };
  for (std::size_t scale = 0; scale < MultiscaleTrend::kScales; ++scale) {
    const ScaleTrend& trend = ladder_.trend(scale);
    evidence.scales[scale] = {trend.window, trend.usable, deviations(trend.rise), trend.z(), trend.curvature_t()};
  }
  evidence.horizon = plateau_.horizon();
  evidence.excursion_open = excursion_.open();
  evidence.excursion_samples = excursion_.age();
  evidence.excursion_deviations = excursion_.peak();
  if (divergence_.active()) {
    const double sign = options_.direction == Direction::kLowerIsBetter ? 1 : -1;
    evidence.risen_samples = divergence_.age();
    evidence.risen_from = sign * divergence_.baseline();
    evidence.risen_deviations = RisenDeviations();
  }
  if (oscillation_.active()) {
    evidence.period_samples = oscillation_.period_samples();
    evidence.amplitude_deviations = deviations(oscillation_.amplitude());
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
  LrEvidence evidence;
  evidence.regime = regime_;
  evidence.relative_rate = gate_.relative();
  evidence.gradients_grow = rates_.gradients_grew();
  for (std::size_t scale = 0; scale < MultiscaleTrend::kScales; ++scale) {
    const ScaleTrend& trend = ladder_.trend(scale);
    // A longer window still holds the fall from before the rise.
    if (scale > 0 && trend.window > divergence_.age()) break;
    evidence.falling |= trend.usable && trend.FallsBy(kFallingZ);
  }
  evidence.still_up = rates_.trouble();
  evidence.risen_deviations = RisenDeviations();
  if (divergence_.active() && divergence_.noise() > 0) {
    const double peak = (divergence_.peak() - divergence_.baseline()) / divergence_.noise();
    evidence.risen_deviations = std::max(evidence.risen_deviations, peak);
  }
  evidence.lowered_lately = rates_.lowered_lately();
  evidence.rate_left = rates_.left();
  const std::uint64_t memory = std::min<std::uint64_t>(kSpikeMemory, rates_.since_lowered());
  for (const std::uint64_t spike : last_spikes_) {
    evidence.recent_spikes += spike > 0 && samples_ - spike < memory ? 1 : 0;
  }
  if (oscillation_.active()) {
    evidence.period_samples = oscillation_.period_samples();
    evidence.amplitude_deviations = predictor_.noise() > 0 ? oscillation_.amplitude() / predictor_.noise() : 0;
  }
  if (predictor_.noise() > 0) evidence.fallen_deviations = divergence_.fallen() / predictor_.noise();
  return AdviseLr(evidence);
}

void RegimeClassifier::Save(StateWriter& out) const {
  out.U64(static_cast<std::uint64_t>(regime_));
  out.U64(static_cast<std::uint64_t>(candidate_));
  out.U64(candidate_age_);
  for (const std::uint64_t value : {regime_age_, samples_, finite_, fresh_, quiet_until_}) out.U64(value);
  progress_.Save(out);
  equal_.Save(out);
  recent_.Save(out);
  overfitting_.Save(out);
  predictor_.Save(out);
  ladder_.Save(out);
  excursion_.Save(out);
  run_.Save(out);
  divergence_.Save(out);
  floor_.Save(out);
  climb_.Save(out);
  oscillation_.Save(out);
  plateau_.Save(out);
  gate_.Save(out);
  gradients_.Save(out);
  rates_.Save(out);
  out.Bool(masked_);
  for (const std::uint64_t spike : last_spikes_) out.U64(spike);
}

bool RegimeClassifier::Load(StateReader& in) {
  const std::uint64_t regime = in.U64(), candidate = in.U64();
  if (regime >= kRegimeCount || candidate >= kRegimeCount) in.Fail();
  regime_ = static_cast<Regime>(regime % kRegimeCount);
  candidate_ = static_cast<Regime>(candidate % kRegimeCount);
  candidate_age_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(in.U64(), kConfirm));
  for (std::uint64_t* value : {&regime_age_, &samples_, &finite_, &fresh_, &quiet_until_}) *value = in.U64();
  progress_.Load(in);
  equal_.Load(in);
  recent_.Load(in);
  overfitting_.Load(in);
  predictor_.Load(in);
  ladder_.Load(in);
  excursion_.Load(in);
  run_.Load(in);
  divergence_.Load(in);
  floor_.Load(in);
  climb_.Load(in);
  oscillation_.Load(in);
  plateau_.Load(in);
  gate_.Load(in);
  gradients_.Load(in);
  rates_.Load(in);
  masked_ = in.Bool();
  for (std::uint64_t& spike : last_spikes_) spike = in.U64();
  if (!in.ok()) *this = RegimeClassifier(options_);
  return in.ok();
}

}  // namespace lossd::core
