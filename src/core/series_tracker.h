// Everything that lossd knows about one loss of one job: windows, smoothed values, regime, counts.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/arrival_intervals.h"
#include "core/exponential_trend.h"
#include "core/recent_steps.h"
#include "core/regime/regime.h"
#include "core/regime/regime_classifier.h"
#include "core/ring.h"
#include "core/sample.h"
#include "core/window_regression.h"

namespace lossd::core {

struct TrackerOptions {
  std::size_t window = WindowRegression::kDefaultWindow;  ///< the default window: in events, API and text
  std::vector<std::size_t> windows = {10, 30, 100};  ///< every window exported; `window` is added where it is missing
  double half_life = 15;  ///< of the exponentially weighted velocity and of the smoothed loss, in samples
  ClassifierOptions classifier;
};

/// Whether a sample is news, or history that is being caught up on at start (which never alerts as if it were live).
enum class Origin : std::uint8_t { kLive, kCatchUp };

/// The dynamics of one window.
struct WindowSnapshot {
  std::size_t window = 0;
  std::optional<double> velocity;           ///< loss per sample; from 2 samples
  std::optional<double> acceleration;       ///< from 6 samples
  std::optional<double> velocity_per_step;  ///< where steps are logged: divided by the mean step stride of the window
  std::optional<double> acceleration_per_step;
  std::optional<double> tstat;               ///< t-statistic of the velocity; absent while undefined
  std::optional<double> acceleration_tstat;  ///< t-statistic of the acceleration; absent while undefined
};

/// A value copy of a series at one moment; everything absent until it means something.
struct SeriesSnapshot {
  std::vector<WindowSnapshot> windows;
  std::optional<double> velocity_ema;
  std::optional<double> noise;
  std::optional<double> excursion_deviations;  ///< with the noise; 0 outside of an excursion
  std::optional<double> loss, smoothed, best;  ///< `loss` is the last sample; may be non-finite, NaN where masked
  Role role = Role::kWhole;
  Regime regime = Regime::kWarmingUp;
  Timestamp regime_start{};
  std::array<std::uint64_t, kRegimeCount> transitions{};  ///< by the regime entered
  std::array<std::uint64_t, kRegimeCount> regime_samples{};
  std::uint64_t samples = 0, outliers = 0, spikes = 0, restarts = 0;
  std::array<std::uint64_t, 3> nonfinite{};  ///< by NonFiniteKind
  std::optional<std::int64_t> first_step, last_step,
      nonfinite_step;                           ///< nonfinite_step: of the first non-finite sample
  std::optional<double> step_interval_seconds;  ///< median; of one step where steps are logged, else of one sample
  Timestamp last_sample{};
  std::optional<double> gap;  ///< of an evaluation loss: above the level of its training loss, where the job has one
  std::optional<std::uint64_t> evaluations_since_best;  ///< of an evaluation loss
  std::optional<std::int64_t> best_step;                ///< of the best loss, where logged
  std::optional<std::int64_t> trouble_step;             ///< diverging or not finite: the step at which that showed
  std::optional<LrAdvice>
      lr_advice;  ///< from the first sample that says anything: the noise is known, or there is trouble
  std::string why;
};

/// Not thread-safe. Allocates at construction and for what it returns, not for a sample that brings nothing about.
class SeriesTracker {
 public:
  /// A window smaller than 2 or a half-life that is not positive is a programming error.
  explicit SeriesTracker(const TrackerOptions& options);

  /// Takes one sample (its `loss` name is ignored) and returns what it brought about, in order; the span is valid until
  /// the next call. A non-finite loss, one that the trainer masked too (see Observation), enters no window and is
  /// announced once for a run of them. A repeated step is a sample like any other. `training`: of an evaluation loss,
  /// the training loss of the same job, where there is one.
  std::span<const Event> Update(const Sample& sample, Instant now, Origin origin = Origin::kLive,
                                const SeriesTracker* training = nullptr);

  /// Lets time pass without a sample: enters kStalled where the silence is longer than SilenceTimeout. The next sample
  /// leaves it. A series that is non-finite stays so. `timeout`: in the place of SilenceTimeout.
  std::span<const Event> Tick(Instant now, std::optional<std::chrono::nanoseconds> timeout = {});

  /// The series has ended: its silence is no stall any more.
  void End(Instant now);

  /// How long this series may be silent, by its own rhythm (see ArrivalIntervals); absent before the first live sample.
  std::optional<std::chrono::nanoseconds> SilenceTimeout() const { return rhythm_.SilenceTimeout(); }

  bool has_rhythm() const { return rhythm_.known(); }
  /// No silence up to this is longer than SilenceTimeout(), which is then not worked out; 0 where that is absent, or
  /// not yet of the series' own rhythm.
  std::chrono::nanoseconds LeastTimeout() const { return rhythm_.LeastTimeout(); }

  Regime regime() const { return stalled_ ? Regime::kStalled : classifier_.regime(); }
  bool evaluation() const { return classifier_.options().evaluation; }
  Role role() const { return classifier_.options().role; }
  /// The smoothed loss; absent before the first finite one.
  std::optional<double> level() const { return trend_.mean(); }
  /// The last step, counted through all epochs where its counter starts anew in each; absent where none is logged. An
  /// evaluation at the step where its training stands counts as that does.
  std::optional<std::int64_t> global_step() const { return global_step_; }
  SeriesSnapshot Snapshot() const;
  /// The figures behind the regime; those of the regime before a stall while stalled.
  RegimeEvidence Evidence() const { return classifier_.Evidence(); }
  /// Parts of the snapshot by themselves, for who wants one of many series. These cost nothing.
  std::uint64_t samples() const { return samples_; }
  std::uint64_t outliers() const { return outliers_; }
  std::uint64_t spikes() const { return spikes_; }
  std::uint64_t restarts() const { return restarts_; }
  const std::array<std::uint64_t, 3>& nonfinite() const { return nonfinite_; }
  const std::array<std::uint64_t, kRegimeCount>& transitions() const { return transitions_; }
  const std::optional<double>& last() const { return last_; }
  const std::optional<double>& best() const { return best_; }
  const std::optional<double>& gap() const { return gap_; }
  std::optional<double> smoothed() const { return trend_.mean(); }
  std::optional<double> velocity_ema() const { return trend_.slope(); }
  Timestamp last_sample() const { return last_sample_; }
  Timestamp regime_start() const { return regime_start_; }
  /// Asks the processor for the memory that these and those below are made from, to be there when it is wanted: of many
  /// series each waits for it otherwise. `windows` or the rest. PrefetchHead comes first, some series earlier.
  void PrefetchHead() const { __builtin_prefetch(&windows_); }
  void Prefetch(bool windows) const;
  /// These are worked out.
  WindowSnapshot Look(const WindowRegression& window) const;
  std::optional<double> noise() const { return classifier_.noise(); }
  std::optional<double> ExcursionDeviations() const;
  std::optional<std::uint64_t> EvaluationsSinceBest() const;
  std::optional<double> StepIntervalSeconds() const;
  std::optional<LrAdvice> Advice() const;
  Direction direction() const { return direction_; }
  /// In order of their length. They are looked at more rarely than samples come, so that they are worked out here, once
  /// for all that asks until the next sample.
  std::span<const WindowRegression> windows() const;
  std::size_t window_count() const { return windows_.size(); }
  const WindowRegression& default_window() const { return windows()[default_window_]; }
  /// The finite losses of the default window, oldest first.
  std::vector<double> History() const;

  /// Appends what the samples alone have made of the tracker, and no time: two that took the same samples, whenever
  /// they came, append the same bytes, unless one of them stalled.
  void SaveDynamics(StateWriter& out) const;
  /// Appends the whole state. Silence is saved as an age: time in which nobody watched is not silence.
  void Save(StateWriter& out, Instant now) const;
  enum class Loaded : std::uint8_t {
    kAll,             ///< every later result is equal to the bit
    kOtherDirection,  ///< read to their end, and of no use: what was better is now worse
    kUnfit,           ///< saved with other options, or damaged
  };
  /// Takes up what Save appended. The tracker is as new where it is not kAll.
  Loaded Load(StateReader& in, Instant now);

 private:
  /// To be called before the sample is added to what came before it: the words compare it with that.
  void Count(const Findings& findings, const Sample& sample, std::uint64_t index);
  void EnterRegime(Regime from, const Sample& sample, std::uint64_t index, Timestamp at, std::string why);
  /// In words, what of the place in the run went back.
  std::string WentBack(const Sample& sample) const;
  /// In words, how far a loss is from where it was.
  std::string Excess(double value) const;
  Event& Announce(Event::Kind kind, const Sample& sample, std::uint64_t index);
  std::optional<double> MeanStride(std::size_t size) const;
  Loaded LoadFields(StateReader& in, Instant now);

  Direction direction_;
  std::uint32_t default_window_ = 0;  ///< index into windows_
  bool stalled_ = false;
  bool last_finite_ = true;
  Ring<double> losses_;
  RecentSteps steps_;             ///< of the same samples as losses_
  std::uint64_t rising_run_ = 0;  ///< finite samples since a step last went back
  mutable std::vector<WindowRegression> windows_;
  mutable bool windows_behind_ = false;  ///< they are to follow losses_
  ExponentialTrend trend_;
  RegimeClassifier classifier_;
  ArrivalIntervals rhythm_;
  std::optional<double> last_, best_, gap_;
  std::optional<std::int64_t> first_step_, last_step_, global_step_, nonfinite_step_, trouble_step_, best_step_;
  std::uint64_t samples_ = 0, outliers_ = 0, spikes_ = 0, restarts_ = 0;
  std::array<std::uint64_t, 3> nonfinite_{};
  std::array<std::uint64_t, kRegimeCount> transitions_{}, regime_samples_{};
  Timestamp regime_start_{}, last_sample_{};
  std::chrono::nanoseconds last_steady_{0};
  std::chrono::nanoseconds stalled_after_{0};  ///< the silence that led to kStalled
  std::vector<Event> events_;
};

}  // namespace lossd::core
