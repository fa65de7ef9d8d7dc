// The exponentially weighted view of a loss: level, mean and slope with the recent past counting most.
#pragma once

#include <cstdint>
#include <optional>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Weighted least-squares line and weighted mean over all losses so far, a loss of age k samples having weight
/// 2^(-k / half_life):
///
///   slope = sum w (x - mean(x)) (y - mean(y)) / sum w (x - mean(x))^2        mean = sum w y / sum w
///
/// Both are exact from the first samples on (no start-up bias). Updated in the error-correction form of recursive least
/// squares, in which rounding errors decay as the past does. Finite losses only.
class ExponentialTrend {
 public:
  /// `half_life` in samples; must be positive.
  explicit ExponentialTrend(double half_life);

  void Update(double loss);

  /// Loss per sample; absent with fewer than 2 losses.
  std::optional<double> slope() const { return count_ < 2 ? std::nullopt : std::optional(slope_); }
  /// The smoothed loss; absent before the first.
  std::optional<double> mean() const { return count_ < 1 ? std::nullopt : std::optional(mean_); }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  double decay_;  ///< weight of one sample of age
  std::uint64_t count_ = 0;
  double weight_ = 0;       ///< sum w
  double age_ = 0;          ///< sum w k
  double age_squares_ = 0;  ///< sum w k^2
  double last_ = 0;
  double excess_ = 0;  ///< fitted level at the last sample, above `last_`: keeps its digits at any level
  double slope_ = 0;
  double mean_ = 0;
};

}  // namespace lossd::core
