// Whether an evaluation loss has turned up and stays up, while its training loss goes on falling.
#pragma once

#include <cstdint>
#include <optional>

#include "core/regime/recent_values.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Evaluations are few and their noise is small, so that the test is by rank: the medians of six blocks since the least
/// evaluation rise almost in order, by more than the noise, than a part of the loss, and than any rise before that
/// minimum; or a rise without a single step back is twice as long as any before. A training loss that has risen since
/// the minimum makes it a divergence, not an overfit. O(evaluations since the best, at most 96), no allocation.
class Overfitting {
 public:
  /// Takes the next evaluation, which is the newest of `recent`. `noise`: of a single evaluation. `training`: the level
  /// of the training loss of the same job; absent where there is none.
  void Update(const RecentValues& recent, double noise, const std::optional<double>& training);

  bool active() const { return active_; }
  std::uint64_t since_best() const { return since_best_; }  ///< evaluations after the best one
  double best() const { return best_; }
  /// How far the median of the last three is above the best one.
  double risen() const { return risen_; }

  /// Forgets everything: a restart.
  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  bool Rises(const RecentValues& recent, double noise) const;

  bool active_ = false;
  std::uint64_t count_ = 0;
  std::uint64_t since_best_ = 0;
  double best_ = 0;  ///< least median of three
  double risen_ = 0;
  double largest_swing_ = 0;             ///< rise of the median before the best one, over the best one of its time
  double largest_swing_deviations_ = 0;  ///< the same in the noise of its time
  double swing_ = 0;                     ///< of the rise at hand, since the best one
  double swing_noise_ = 0;               ///< where it was as high
  std::uint32_t run_ = 0;                ///< evaluations in a row that rose
  std::uint32_t longest_run_ = 0;
  double last_ = 0;
  double training_at_best_ = 0;
  bool training_known_ = false;
};

}  // namespace lossd::core
