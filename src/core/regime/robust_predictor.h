// One-step prediction of a noisy series and the scale of its noise, both deaf to outliers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Level, trend and noise scale of a series, in exponentially weighted form with clipped innovations: one sample,
/// however wild, moves each of them by a bounded number of noise deviations. Scale- and shift-covariant. O(1), no
/// allocation.
class RobustPredictor {
 public:
  static constexpr std::size_t kMinSamples = 16;  ///< before them nothing is predicted

  /// What the next value is expected to be.
  double predicted() const { return level_ + trend_; }

  /// Takes a finite value and the median of the last five, or of as many as there are; returns the value pulled in to a
  /// few noise deviations from the prediction. With `hold_level` it teaches the noise only: for values that may belong
  /// to a passing excursion.
  double Update(double value, double recent_median, bool hold_level = false);

  /// Forgets level and trend, keeps the noise scale: what a restart from a checkpoint calls for.
  void RestartLevel(double value);

  bool ready() const { return count_ >= kMinSamples; }
  /// Standard deviation of the noise around the trend, robust; at least what the granularity of the logged numbers
  /// allows.
  double noise() const { return std::max(noise_, least_noise_); }
  /// The deviation of normal noise with the same upper tail; at least noise(). Above it where bad batches are a habit
  /// of the run.
  double tail_noise() const { return std::max(tail_, noise()); }
  double level() const { return level_; }
  /// As it was given last; the value of a restart.
  double recent_median() const { return recent_median_; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  void Initialise();
  double LeastNoise() const;

  std::array<float, kMinSamples - 1> first_steps_{};  ///< from each of the first samples to the next
  std::size_t count_ = 0;
  double last_ = 0;
  double level_ = 0;
  double trend_ = 0;
  double noise_ = 0;
  double tail_ = 0;
  double granularity_ = 0;  ///< smallest step between successive values that was not zero; 0 while all were equal
  double recent_median_ = 0;
  double least_noise_ = 0;  ///< LeastNoise(), which is asked for several times a sample
};

}  // namespace lossd::core
