// What the evidence says about the learning rate: a multiplier, the reason, and a sentence for people. Advice only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/regime/regime.h"

namespace lossd::core {

/// Why. The names are the values of the label `reason`.
enum class LrAdviceReason : std::uint8_t {
  kKeep,             ///< nothing asks for a change
  kNonFinite,        ///< the loss is NaN or infinite
  kDiverging,        ///< the loss has risen and stays up
  kGradientGrowth,   ///< the same, and the gradient norm grows with it
  kBlowUp,           ///< the same, and it has risen so far that the weights are not what they were
  kSpikes,           ///< three spikes or more within 1000 samples
  kOscillating,      ///< a fast and large oscillation: the edge of stability
  kSlowOscillation,  ///< a slow one: more likely the order of the data than the rate
  kPlateau,          ///< flat while the rate is high: decay it
  kConverged,        ///< flat, and the rate has been decayed already: do not lower it further
  kNotLearning,      ///< flat where it started: the rate may be far too high or too low, or the data wrong
  kRecovering,       ///< the loss has risen and is coming back down
  kSettling,         ///< in trouble, but the rate was lowered a moment ago: wait for what that brings
  kOverfitting,      ///< the evaluation loss rises while the training loss falls: stop, no rate mends it
  kConstant,         ///< the loss does not move at all: nothing is being learnt, at whatever rate
  kStaysUp,          ///< the loss stays up at a quarter of the rate from before its rise: the rate is not the cause
};
inline constexpr std::array<LrAdviceReason, 16> kLrAdviceReasons = {
    LrAdviceReason::kKeep,           LrAdviceReason::kNonFinite,       LrAdviceReason::kDiverging,
    LrAdviceReason::kGradientGrowth, LrAdviceReason::kBlowUp,          LrAdviceReason::kSpikes,
    LrAdviceReason::kOscillating,    LrAdviceReason::kSlowOscillation, LrAdviceReason::kPlateau,
    LrAdviceReason::kConverged,      LrAdviceReason::kNotLearning,     LrAdviceReason::kRecovering,
    LrAdviceReason::kSettling,       LrAdviceReason::kOverfitting,     LrAdviceReason::kConstant,
    LrAdviceReason::kStaysUp};
/// "keep", "non_finite", "diverging", "gradient_growth", ...
std::string_view Name(LrAdviceReason reason);

struct LrAdvice {
  double ratio =
      1;  ///< to multiply the learning rate by; never above 1: a slope alone cannot tell that a rate is too low
  LrAdviceReason reason = LrAdviceReason::kKeep;
};

/// What the advice rests on.
struct LrEvidence {
  Regime regime = Regime::kWarmingUp;
  std::optional<double> relative_rate = {};   ///< the rate over the highest of the run; absent where no rate is logged
  bool gradients_grow = false;                ///< or have grown since the loss rose
  bool falling = false;                       ///< significantly, since the rise
  bool still_up = false;                      ///< the loss rose, and is up although it is not diverging any more
  bool lowered_lately = false;                ///< the rate, within the last 64 samples
  double risen_deviations = 0;                ///< above the level it rose from; kDiverging: at its highest
  std::optional<double> rate_left = {};       ///< of the rate from before the loss rose
  std::uint64_t recent_spikes = 0;            ///< within the last 1000 samples and since the rate was last lowered
  std::optional<double> period_samples = {};  ///< of an oscillation
  double amplitude_deviations = 0;            ///< of an oscillation, in noise deviations
  std::optional<double> fallen_deviations = {};  ///< since the start of the run; absent until known
};

LrAdvice AdviseLr(const LrEvidence& evidence);
/// Whether a lower rate alone does not mend the weights: a training loop should go back to a checkpoint from before the
/// trouble.
bool AsksForCheckpoint(LrAdviceReason reason);
/// One sentence for people: what to do and why.
std::string_view Sentence(LrAdviceReason reason);

}  // namespace lossd::core
