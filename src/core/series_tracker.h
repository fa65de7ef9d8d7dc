// Everything that lossd knows about one loss of one job: windows, smoothed values, regime, counts.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/dynamics_tracker.h"
#include "core/regime.h"
#include "core/regime_classifier.h"
#include "core/sample.h"

namespace lossd::core {

struct TrackerOptions {
  std::size_t window = DynamicsTracker::kDefaultWindow;  ///< the default window: in events, API and text
  std::vector<std::size_t> windows = {10, 30, 100};      ///< every window exported; `window` is added where it is missing
  double half_life = 15;                                 ///< of the exponentially weighted velocity and of the smoothed loss, in samples
  ClassifierOptions classifier;
};

/// Whether a sample is news, or history that is being caught up on at start (which never alerts as if it were live).
enum class Origin : std::uint8_t { kLive, kCatchUp };

/// The dynamics of one window.
struct WindowSnapshot {
  std::size_t window = 0;
  std::optional<double> velocity;               ///< loss per sample; from 2 samples
  std::optional<double> acceleration;           ///< from 6 samples
  std::optional<double> velocity_per_step;      ///< where steps are logged: divided by the mean step stride of the window
  std::optional<double> acceleration_per_step;
  std::optional<double> tstat;                  ///< t-statistic of the slope; absent while undefined
};

/// A value copy of a series at one moment; everything absent until it means something.
struct SeriesSnapshot {
  std::vector<WindowSnapshot> windows;
  std::optional<double> velocity_ema;
  std::optional<double> noise;
  std::optional<double> loss, smoothed, best;  ///< `loss` is the last sample and may be non-finite
  Regime regime = Regime::kWarmingUp;
  Timestamp regime_start{};
  std::array<std::uint64_t, kRegimeCount> transitions{};  ///< by the regime entered
  std::array<std::uint64_t, kRegimeCount> regime_samples{};
  std::uint64_t samples = 0, outliers = 0, spikes = 0, restarts = 0;
  std::array<std::uint64_t, 3> nonfinite{};  ///< by NonFiniteKind
  std::optional<std::int64_t> first_step, last_step, nonfinite_step;  ///< nonfinite_step: of the first non-finite sample
  std::optional<double> step_interval_seconds;
  Timestamp last_sample{};
  std::string why;
};

class SeriesTracker {
 public:
  explicit SeriesTracker(const TrackerOptions& options);

  /// Takes one sample (its `loss` name is ignored) and returns what it brought about, in order; the span is valid until the next call.
  std::span<const Event> Update(const Sample& sample, Instant now, Origin origin = Origin::kLive);

  /// Lets time pass without a sample: enters kStalled where the silence is far longer than the job's own rhythm.
  std::span<const Event> Tick(Instant now);

  SeriesSnapshot Snapshot() const;
  /// The finite losses of the default window, oldest first.
  std::vector<double> History() const;

  void Save(StateWriter& out, Instant now) const;
  bool Load(StateReader& in, Instant now);
};

}  // namespace lossd::core
