#include "core/regime/lr_advice.h"

namespace lossd::core {
namespace {

constexpr double kHalve = 0.5;
constexpr double kSpikeRatio = 0.7;
constexpr double kPlateauRatio = 0.3;  // what schedules on a plateau apply lies between 0.1 and 0.5
constexpr double kHighRate = 0.5;      // of the highest rate of the run
constexpr double kLowRate = 0.1;
constexpr double kDamaging = 10;     // noise deviations: no bad batch and no slow drift lifts the loss so far
constexpr double kSpentRate = 0.25;  // of the rate from before the rise: less of it cannot be what lifts the loss
constexpr std::uint64_t kManySpikes = 3;
constexpr double kFastPeriod = 4;      // samples
constexpr double kLargeAmplitude = 3;  // noise deviations
constexpr double kNotFallen = 3;       // noise deviations

LrAdvice OnDivergence(const LrEvidence& evidence) {
  if (evidence.lowered_lately) return {1, LrAdviceReason::kSettling};
  if (evidence.falling) return {1, LrAdviceReason::kRecovering};
  if (evidence.rate_left && *evidence.rate_left <= kSpentRate) return {1, LrAdviceReason::kStaysUp};
  if (evidence.gradients_grow) return {kHalve, LrAdviceReason::kGradientGrowth};
  return {kHalve, evidence.risen_deviations >= kDamaging ? LrAdviceReason::kBlowUp : LrAdviceReason::kDiverging};
}

LrAdvice OnPlateau(const LrEvidence& evidence) {
  if (evidence.fallen_deviations && *evidence.fallen_deviations < kNotFallen) return {1, LrAdviceReason::kNotLearning};
  if (!evidence.relative_rate) return {kHalve, LrAdviceReason::kPlateau};
  if (*evidence.relative_rate < kLowRate) return {1, LrAdviceReason::kConverged};
  // Between the two a schedule is already at work.
  return {*evidence.relative_rate >= kHighRate ? kPlateauRatio : 1, LrAdviceReason::kPlateau};
}

}  // namespace

std::string_view Name(LrAdviceReason reason) {
  switch (reason) {
    case LrAdviceReason::kKeep:
      return "keep";
    case LrAdviceReason::kNonFinite:
      return "non_finite";
    case LrAdviceReason::kDiverging:
      return "diverging";
    case LrAdviceReason::kGradientGrowth:
      return "gradient_growth";
    case LrAdviceReason::kBlowUp:
      return "blow_up";
    case LrAdviceReason::kSpikes:
      return "spikes";
    case LrAdviceReason::kOscillating:
      return "oscillating";
    case LrAdviceReason::kSlowOscillation:
      return "slow_oscillation";
    case LrAdviceReason::kPlateau:
      return "plateau";
    case LrAdviceReason::kConverged:
      return "converged";
    case LrAdviceReason::kNotLearning:
      return "not_learning";
    case LrAdviceReason::kRecovering:
      return "recovering";
    case LrAdviceReason::kSettling:
      return "settling";
    case LrAdviceReason::kOverfitting:
      return "overfitting";
    case LrAdviceReason::kConstant:
      return "constant";
    case LrAdviceReason::kStaysUp:
      return "stays_up";
  }
  return "";
}

LrAdvice AdviseLr(const LrEvidence& evidence) {
  if (evidence.regime == Regime::kOverfitting) return {1, LrAdviceReason::kOverfitting};
  if (evidence.regime == Regime::kConstant) return {1, LrAdviceReason::kConstant};
  if (evidence.still_up && evidence.regime != Regime::kNonFinite) return OnDivergence(evidence);
  switch (evidence.regime) {
    case Regime::kNonFinite:
      return evidence.lowered_lately ? LrAdvice{1, LrAdviceReason::kSettling}
                                     : LrAdvice{kHalve, LrAdviceReason::kNonFinite};
    case Regime::kDiverging:
      return OnDivergence(evidence);
    case Regime::kOscillating:
      if (evidence.period_samples && *evidence.period_samples <= kFastPeriod &&
          evidence.amplitude_deviations >= kLargeAmplitude) {
        return {kHalve, LrAdviceReason::kOscillating};
      }
      return {1, LrAdviceReason::kSlowOscillation};
    case Regime::kPlateau:
      return OnPlateau(evidence);
    case Regime::kWarmingUp:
    case Regime::kUndecided:
    case Regime::kConstant:
    case Regime::kOverfitting:
    case Regime::kHealthy:
    case Regime::kConverging:
    case Regime::kStalled:
      break;
  }
  if (evidence.recent_spikes >= kManySpikes) return {kSpikeRatio, LrAdviceReason::kSpikes};
  return {};
}

bool AsksForCheckpoint(LrAdviceReason reason) {
  return reason == LrAdviceReason::kNonFinite || reason == LrAdviceReason::kGradientGrowth ||
         reason == LrAdviceReason::kBlowUp || reason == LrAdviceReason::kStaysUp;
}

std::string_view Sentence(LrAdviceReason reason) {
  switch (reason) {
    case LrAdviceReason::kKeep:
      return "Nothing asks for another learning rate.";
    case LrAdviceReason::kNonFinite:
      return "The loss is not finite: stop, go back to a checkpoint well before it began, halve the learning rate, and "
             "check the loss scale and the data.";
    case LrAdviceReason::kDiverging:
      return "The loss has risen and stays up: halve the learning rate or lengthen its warm-up.";
    case LrAdviceReason::kGradientGrowth:
      return "The loss has risen and the gradients grow with it: go back to a checkpoint before the rise and halve the "
             "learning rate.";
    case LrAdviceReason::kBlowUp:
      return "The loss has risen far above its noise: go back to a checkpoint before the rise and halve the learning "
             "rate; weights that have been so far seldom come back by themselves.";
    case LrAdviceReason::kSpikes:
      return "Spikes are frequent: lower the learning rate a little, clip gradients harder, and look at the second "
             "moment's decay.";
    case LrAdviceReason::kOscillating:
      return "The loss alternates from step to step: the learning rate is at the edge of stability, halve it.";
    case LrAdviceReason::kSlowOscillation:
      return "The loss swings slowly: look at the order of the data, epochs and evaluations before the learning rate.";
    case LrAdviceReason::kPlateau:
      return "The loss is flat while the learning rate is high: decay it.";
    case LrAdviceReason::kConverged:
      return "The loss is flat and the learning rate has been decayed already: stop, or start a new cycle; lowering it "
             "further gains nothing.";
    case LrAdviceReason::kNotLearning:
      return "The loss has not left where it started: the learning rate may be far too high or too low, or the data or "
             "labels are wrong.";
    case LrAdviceReason::kRecovering:
      return "The loss has risen and is coming back down: keep the learning rate.";
    case LrAdviceReason::kSettling:
      return "The learning rate was lowered a moment ago: wait for what that brings.";
    case LrAdviceReason::kOverfitting:
      return "The evaluation loss rises while the training loss falls: stop early and take the checkpoint of the best "
             "evaluation; more regularisation or more data, not another rate, would go further.";
    case LrAdviceReason::kConstant:
      return "The loss does not change at all: no weight is being updated, or what is logged is not the loss; check "
             "the optimiser, the loss scale and the mask before the learning rate.";
    case LrAdviceReason::kStaysUp:
      return "The loss stays up although the learning rate is far below what it was before the rise: go back to a "
             "checkpoint from before it, and look at the data; lowering the rate further gains nothing.";
  }
  return "";
}

}  // namespace lossd::core
