// Stretches of samples above the level they came from: lone outliers, spikes that return, jumps that stay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Follows one excursion at a time above a baseline that is frozen where it began, so that the excursion cannot hide
/// itself by raising the level or the noise that it is measured against. Heights are in noise deviations at the onset.
/// O(1), no allocation.
class SpikeDetector {
 public:
  struct Verdict {
    bool outlier = false;  ///< this sample opened an excursion
    bool spike = false;    ///< this sample proved that the excursion lasts: told once for each excursion
  };

  /// Takes the next finite value. `reference`, `noise` and `tail_noise` (see RobustPredictor) describe the series as it
  /// was expected to be at this sample: what opens an excursion must stand out of the tail, what continues it only of
  /// the noise.
  /// `gradient_surged`: the gradient norm has just jumped, so fewer samples are needed.
  Verdict Update(double value, double reference, double noise, double tail_noise, bool gradient_surged = false);

  bool open() const { return age_ > 0; }
  bool announced() const { return announced_; }
  /// Young enough to be a spike.
  bool transient() const;
  /// The level has risen and shows no sign of returning: a jump, or the start of a blow-up.
  bool stays() const { return stays_; }
  std::uint64_t age() const { return age_; }  ///< samples since the onset, that one included
  double baseline() const { return baseline_; }
  double noise() const { return noise_; }
  double peak() const { return peak_; }  ///< highest median of five samples, as a value

  /// An announced excursion began not long ago, ended or not, and `recent_median` (of the last values) has come down by
  /// half: the step up is older than the way back, and what is left of it is no rise.
  bool Returning(double recent_median) const { return wake_ > 0 && recent_median < half_way_; }

  /// Ends the one that is open, if any.
  void Close();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr std::size_t kRecent = 5;

  std::uint32_t age_ = 0;
  std::uint32_t calm_ = 0;  ///< samples in a row back at the baseline
  std::uint32_t wake_ = 0;  ///< samples left in which an announced excursion is remembered
  bool announced_ = false;
  bool stays_ = false;
  double half_way_ = 0;  ///< from its peak to its baseline
  double baseline_ = 0;
  double noise_ = 0;
  double tail_noise_ = 0;
  double peak_ = 0;
  std::array<double, kRecent> heights_{};  ///< of the last five samples, in noise deviations
};

}  // namespace lossd::core
