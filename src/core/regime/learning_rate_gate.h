// When a rise of the loss is what the learning-rate schedule asks for.
#pragma once

#include <cstdint>
#include <optional>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Watches the learning rate, where it is logged. A rate that has fallen and is raised again, to no more than it once
/// was, lifts the loss lawfully (warm restarts). A rate beyond all that the run has known is no excuse, nor is the
/// first warm-up: both are where runs truly diverge. O(1), no allocation.
class LearningRateGate {
 public:
  /// `level` is the smoothed loss at this sample.
  void Update(const std::optional<double>& rate, double level);

  /// The loss may rise: the rate was raised again within its known range and has not come back down, and the loss is
  /// below where it was when the rate last began to fall.
  bool rise_expected(double level, double noise) const {
    return raised_ && level < level_at_high_ + kSpareDeviations * noise;
  }
  /// The rate is practically zero, and has been long enough for nothing to move any more.
  bool frozen() const { return frozen_for_ >= kFrozen; }
  bool known() const { return highest_ > 0; }
  double rate() const { return rate_; }
  double highest() const { return highest_; }
  /// Ratio of the current rate to the highest one; absent where no rate is logged.
  std::optional<double> relative() const;

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr std::uint32_t kFrozen = 64;
  static constexpr double kSpareDeviations = 6;

  double rate_ = 0;
  double highest_ = 0;        ///< since the first sample
  double lowest_ = 0;         ///< since the highest
  double level_at_high_ = 0;  ///< the loss when the rate was last at its highest
  bool raised_ = false;
  std::uint32_t frozen_for_ = 0;  ///< samples, up to kFrozen
};

}  // namespace lossd::core
