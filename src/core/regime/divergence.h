// Whether the loss has risen, and whether it is still up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/regime/multiscale_trend.h"
#include "core/regime/oscillation.h"
#include "core/regime/spike_detector.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Proves rises on every scale of the ladder, takes over jumps from the excursion, and then holds the verdict until the
/// loss has come back down, however it gets there: a divergence is one event, not one per wiggle. O(1) a sample, no
/// allocation.
class Divergence {
 public:
  /// What one sample tells beside the ladder.
  struct Signs {
    double level = 0;       ///< the smoothed loss
    double noise = 0;       ///< see RobustPredictor
    double tail_noise = 0;  ///< see RobustPredictor
    double recent_median = 0;
    double climb = 0;        ///< how far that median has climbed, where it is proven (see Climb)
    double floor_rise = 0;   ///< how far the least losses have gone up, where that is proven (see MinimaTest)
    bool excused = false;    ///< no divergence begins
    double swing = 0;        ///< the largest that has come back by itself (see SwingMeter)
    bool returning = false;  ///< see SpikeDetector: slopes prove nothing
  };

  /// To be called at every sample while active, else where there are signs. `evaluated` has a bit for each scale of
  /// `ladder` that this sample has changed the trend of. While the loss oscillates, what its swing explains proves
  /// nothing: slopes within a few periods, rises within peak to peak.
  void Update(const MultiscaleTrend& ladder, std::uint32_t evaluated, const SpikeDetector& excursion,
              const Oscillation& oscillation, const Signs& signs);

  bool active() const { return active_; }
  std::uint64_t age() const { return age_; }     ///< samples since it was proven
  double baseline() const { return baseline_; }  ///< the level that it rose from, kept when it has ended
  double noise() const { return noise_; }        ///< the noise at that time; 0 where nothing has risen
  double peak() const { return peak_; }          ///< the highest level since

  /// How far the loss ever came down from where it started, held for 128 samples.
  double fallen() const { return started_ ? start_ - lowest_ : 0; }

  /// Forgets the rise, not what the loss had achieved before it.
  void Clear();

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  /// How far it has come down, and whether it stays put.
  void Learn(const MultiscaleTrend& ladder, double noise);
  /// What a loss that has never fallen must rise by.
  double LeastUnlearned(double noise, double swing) const;
  void Enter(double baseline, double level, double noise);

  std::array<std::uint8_t, MultiscaleTrend::kScales> rising_{};  ///< evaluations in a row that showed a rise, by scale
  bool active_ = false;
  bool started_ = false;
  bool steady_ = false;         ///< has been seen to stay put but for its noise
  std::uint32_t back_for_ = 0;  ///< samples in a row below the line of return
  std::uint64_t age_ = 0;
  double baseline_ = 0;
  double noise_ = 0;
  double peak_ = 0;
  double start_ = 0;   ///< mean of the first 32 samples
  double lowest_ = 0;  ///< least mean of 128 samples
  double noise_at_lowest_ = 0;
  double checkpoint_ = 0;  ///< the level when the current stretch of kSettled samples began
};

}  // namespace lossd::core
