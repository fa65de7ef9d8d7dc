// What the names mean under which training programs log their numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::records {

enum class Role : std::uint8_t {
  kOther,  ///< nothing that lossd follows
  kLoss,
  kStep,
  kEpoch,
  kLearningRate,
  kGradientNorm,
};

/// What the run was doing when it took a number.
enum class Phase : std::uint8_t { kUnsaid, kTrain, kValidation, kTest };

/// How well a name stands for the loss of the whole model. Of one record and one phase the highest counts.
enum class LossKind : std::uint8_t {
  kReward,     ///< no loss: what reinforcement learning is after, or how far its policy has moved; a series of its own
  kComponent,  ///< `loss_cls`, `D_loss`: a series of its own
  kProxy,      ///< perplexity, bits per byte: stands in for the loss where no loss is logged
  kSmoothed,   ///< `average loss`, `train_loss_epoch`: of several steps
  kCriterion,  ///< `ce_loss`, `mlm_loss`: the loss where it is the only one
  kTotal,      ///< `total_loss`
  kPlain,      ///< `loss`, `lm loss`, `train_loss`
};

struct Meaning {
  Role role = Role::kOther;
  Phase phase = Phase::kUnsaid;          ///< of which the name itself speaks
  LossKind loss = LossKind::kComponent;  ///< of a loss
  std::uint8_t rank = 0;  ///< of several steps, or epochs, in one record the one of the highest rank counts
};

/// Ranks of epochs.
inline constexpr std::uint8_t kShortEpochName = 1;  ///< `ep`, which may be episodes
inline constexpr std::uint8_t kEpochName = 2;       ///< `epoch`

/// Ranks of steps.
inline constexpr std::uint8_t kLeadingNumber = 1;    ///< `200: learn: ...`, `[25] train-rmse: ...`
inline constexpr std::uint8_t kBareFraction = 2;     ///< `17/41` of a progress bar, `[ 50/10009]`
inline constexpr std::uint8_t kBatchNumber = 3;      ///< `batch: 5`
inline constexpr std::uint8_t kIterationNumber = 4;  ///< `iter 5`
inline constexpr std::uint8_t kStepNumber = 5;       ///< `step 5`
inline constexpr std::uint8_t kGlobalStep = 6;       ///< `global_step`, `total_timesteps`, `num_updates`

/// The meaning of a key: `train/loss`, `lm loss`, `val_loss`, `grad norm`, `LR`, `learningRate`, `iteration`, ... Whole
/// words count, whatever the case and whatever joins them: `loss_scale`, `lossless` and `Glossary` are no losses.
Meaning MeaningOf(std::string_view name);

/// The meaning of a name that a record as a whole must vouch for: the metrics of boosted trees (`train-rmse`, `learn`,
/// `valid_0's l2`) and the two networks of a GAN (`G_GAN`, `D_real`). Asked where MeaningOf finds nothing.
Meaning MetricMeaningOf(std::string_view name);
Meaning AdversarialMeaningOf(std::string_view name);

/// The meaning of a name that is only that of a criterion (`ce`, `cross entropy`) or of a measure of it
/// (`perplexity`), in a record that tells both a step and an epoch.
Meaning CriterionMeaningOf(std::string_view name);

/// The meaning of a name in reinforcement learning: `ep_rew_mean`, `critic/rewards/mean`, `episodic_return`,
/// `approx_kl`. Asked where MeaningOf finds nothing, in a record that something else vouches for.
Meaning RewardMeaningOf(std::string_view name);

/// Whether one word says what the run is doing: `validate`, `Test`, `val`, `Train`.
Phase PhaseOf(std::string_view word);

/// Whether all words of a name only say a phase: `train`, `val`.
bool IsPhaseOnly(std::string_view name);

}  // namespace lossd::records
