// The tests that find what no eye sees yet: slow rises, waves and excursions in the noise of a long series.
#pragma once

#include <cstdint>
#include <optional>

#include "core/regime/cusum_detector.h"
#include "core/regime/divergence.h"
#include "core/regime/learning_rate_gate.h"
#include "core/regime/minima_test.h"
#include "core/regime/multiscale_trend.h"
#include "core/regime/oscillation.h"
#include "core/regime/plateau.h"
#include "core/regime/robust_predictor.h"
#include "core/regime/run_length_test.h"
#include "core/regime/spike_detector.h"
#include "core/regime/swing_meter.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// They rest on a noise scale, hence on samples enough: none says anything before the 32nd value. Amortised O(1), no
/// allocation.
class SignificanceTests {
 public:
  struct Excursion {
    bool outlier = false;     ///< a lone value far above the noise
    bool spike = false;       ///< 3 of 5 values high, or a run too long to be chance
    std::uint64_t since = 0;  ///< spike: values since its onset, the onset included
  };

  /// Takes the next fresh value and the median of the last five. `count`: fresh values of the run. `lone`: no excursion
  /// and no rise is looked for (the first values after a restart). `lifted`: see LearningRateGate; `gradient_surged`:
  /// see SpikeDetector.
  Excursion Update(double value, double recent_median, std::uint64_t count, bool lone, const LearningRateGate& gate,
                   bool gradient_surged, const SwingMeter& swings);

  /// A resume: level and trends begin anew, the noise stays.
  void Restart(double value);

  /// The rise at hand is none, or over: where the loss stands now is its level.
  void AcceptLevel();

  bool ready() const { return predictor_.ready(); }
  double noise() const { return predictor_.noise(); }
  double level() const { return predictor_.level(); }
  double recent_median() const { return predictor_.recent_median(); }
  const MultiscaleTrend& trend() const { return ladder_; }
  const SpikeDetector& excursion() const { return excursion_; }
  const Divergence& divergence() const { return divergence_; }
  const Oscillation& oscillation() const { return oscillation_; }
  const Plateau& plateau() const { return plateau_; }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  Excursion LookForExcursion(double value, bool gradient_surged);

  RobustPredictor predictor_;
  MultiscaleTrend ladder_;
  SpikeDetector excursion_;
  RunLengthTest run_;
  MinimaTest floor_;
  CusumDetector climb_;
  Divergence divergence_;
  Oscillation oscillation_;
  Plateau plateau_;
  std::uint32_t since_spike_ = 0xFFFF'FFFF;  ///< values, up to that
};

}  // namespace lossd::core
