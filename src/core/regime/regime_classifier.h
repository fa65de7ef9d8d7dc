// Decides which regime a loss series is in, sample by sample, from the values alone (and learning rate and gradient
// norm, where logged). Pure: no clock, so kStalled is not its business (see SeriesTracker).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/regime/early_divergence.h"
#include "core/regime/equal_runs.h"
#include "core/regime/gradient_watch.h"
#include "core/regime/learning_rate_gate.h"
#include "core/regime/lr_advice.h"
#include "core/regime/overfitting.h"
#include "core/regime/progress.h"
#include "core/regime/rate_history.h"
#include "core/regime/recent_values.h"
#include "core/regime/regime.h"
#include "core/regime/regime_evidence.h"
#include "core/regime/role.h"
#include "core/regime/run_summary.h"
#include "core/regime/significance_tests.h"
#include "core/regime/spike_announcer.h"
#include "core/regime/swing_meter.h"
#include "core/regime/verdict_hold.h"
#include "core/regime/visible_trend.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// What a series means.
enum class Profile : std::uint8_t {
  kLoss,       ///< the trend carries the meaning (supervised training): all regimes
  kTrendless,  ///< RL, GAN: a rise means nothing; only non-finite, restarts, outliers and stalls are told
};
enum class Direction : std::uint8_t { kLowerIsBetter, kHigherIsBetter };

struct ClassifierOptions {
  Profile profile = Profile::kLoss;
  Direction direction = Direction::kLowerIsBetter;
  Role role = Role::kWhole;
  bool evaluation = false;  ///< a loss on data that is not trained on: may overfit
};

/// One sample as the classifier sees it. A value of exactly 0 beside a gradient norm that is not finite is a NaN that
/// the trainer masked (some log 0 in its place): it counts as non-finite.
struct Observation {
  double value = 0;  ///< may be non-finite
  std::optional<std::int64_t> step = {};
  std::optional<double> learning_rate = {};
  std::optional<double> gradient_norm = {};
  std::optional<double> epoch = {};
  std::optional<double> training_level = {};  ///< of an evaluation: where the training loss of the same job stands
};

/// What one sample changed. Everything false: nothing to tell.
struct Findings {
  bool outlier = false;           ///< a lone sample far above the noise
  bool spike = false;             ///< a lasting excursion: 3 of 5 samples high, or a run too long to be chance
  std::uint64_t spike_onset = 0;  ///< sample at which that excursion began
  bool restart = false;           ///< the step or the epoch went back: a resume, or a new run (see Progress)
  bool non_finite = false;        ///< this sample is NaN or infinite

  bool any() const { return outlier || spike || restart || non_finite; }
};

/// The regime of one series. Scale-free, with hysteresis. Update is amortised O(1); the object stays below 4 KB and
/// does not allocate after construction. Copyable. Not thread-safe.
class RegimeClassifier {
 public:
  explicit RegimeClassifier(const ClassifierOptions& options = {});

  /// Takes the next sample, in the order in which it was logged.
  Findings Update(const Observation& observation);

  Regime regime() const { return verdict_.regime(); }
  /// Robust standard deviation of the loss around its trend, in the unit of the loss; absent until 16 finite samples.
  std::optional<double> noise() const;
  /// Height of the present excursion above the level that the loss came from, in noise deviations; 0 outside of one.
  double excursion_deviations() const { return tests_.excursion().open() ? tests_.excursion().peak() : 0; }
  /// The figures behind the current regime.
  RegimeEvidence Evidence() const;
  /// The same in words: Describe(Evidence()).
  std::string Why() const;
  /// The step counted through all epochs (see Progress); absent before the first.
  std::optional<std::int64_t> global_step() const { return progress_.global_step(); }
  /// Of an evaluation loss: how many came after the best one.
  std::uint64_t evaluations_since_best() const { return overfitting_.since_best(); }
  const ClassifierOptions& options() const { return options_; }
  /// What the evidence says about the learning rate.
  LrAdvice Advice() const;

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  static constexpr std::size_t kManySpikes = 3;

  void Restart(double value, Progress::Move move);
  struct Level {
    double value = 0, noise = 0;
  };
  /// What the loss that comes next is to be compared with: where it stands, or, where it diverges, what it rose from.
  /// Nothing is known of it before the first value.
  Level PresentLevel() const;
  /// The stages behind a fresh value.
  void TakeFresh(double value, const Observation& observation, Findings& findings);
  void Measure(bool scatter);
  void FindSpikes(double value, const SignificanceTests::Excursion& found, Findings& findings);
  /// How far the level is above the one that it last rose from, in the noise of that time; 0 where it never rose.
  double RisenDeviations() const;
  Regime Judge() const;
  /// Whether the rise that the sharp tests have proven is one that anybody would see and mind.
  bool SlowRiseStands() const;
  bool Swings() const;
  double scatter() const { return static_cast<double>(scatter_); }
  double digit() const { return static_cast<double>(digit_); }
  /// Whether neighbours are, as in an average: then many of them say little more than one.
  bool alike() const;
  bool Flat() const;

  ClassifierOptions options_;
  UsualSwings usual_swings_;
  std::uint64_t samples_ = 0;  ///< all, non-finite ones too
  std::uint64_t finite_ = 0;   ///< since the run began
  std::uint64_t fresh_ = 0;    ///< since the last restart, those that brought something new

  double noise_ = 0;          ///< of a single value, from differences: without the lag of a predictor
  float scatter_ = 0;         ///< of a single value, also where neighbours are alike
  float scatter_before_ = 0;  ///< at the measurement before
  float digit_ = 0;           ///< what a printed digit is worth
  VerdictHold verdict_;
  // What a sample is.
  Progress progress_;
  EqualRuns equal_;
  // The values, near and far.
  RecentValues recent_;
  RunSummary summary_;
  SwingMeter swings_;
  // What is plain.
  VisibleTrend visible_;
  EarlyDivergence early_;
  Overfitting overfitting_;
  // What needs a test.
  SignificanceTests tests_;
  SpikeAnnouncer spikes_;
  LearningRateGate gate_;
  GradientWatch gradients_;
  RateHistory rates_;
  std::array<std::uint32_t, kManySpikes> last_spikes_{};  ///< sample numbers, from 1; 0 where there were fewer
  std::uint8_t unfounded_ = 0;  ///< values in a row on which the slow rise at hand does not stand
  bool masked_ = false;         ///< the last sample was a masked NaN
  bool was_broken_ = false;     ///< not finite, at some time since the last restart
};

}  // namespace lossd::core
