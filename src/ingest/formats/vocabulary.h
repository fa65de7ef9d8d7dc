// What the names mean under which training programs log their numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::ingest {

enum class Role : std::uint8_t {
  kOther,  ///< nothing that lossd follows
  kLoss,   ///< a loss; see Phase and `main`
  kStep,
  kEpoch,
  kLearningRate,
  kGradientNorm,
};

enum class Phase : std::uint8_t { kUnsaid, kTrain, kEval };

struct Meaning {
  Role role = Role::kOther;
  Phase phase = Phase::kUnsaid;  ///< of which the name itself speaks
  bool main = false;             ///< of a loss: the total, not a component
  std::uint8_t rank = 0;  ///< of several fields of one record with the same role the one of the highest rank counts
};

/// The meaning of a key: `train/loss`, `lm loss`, `val_loss`, `grad norm`, `LR`, `learningRate`, `iteration`, `D_A`,
/// ... Whole words count, whatever the case and whatever joins them: `loss_scale`, `lossless` and `Glossary` are no
/// losses.
Meaning MeaningOf(std::string_view name);

/// Whether a word says that what follows is of evaluation or of training: `validate`, `Test`, `val:`, `Train`.
Phase PhaseOf(std::string_view word);

}  // namespace lossd::ingest
