// What a detector said about labelled curves, and how right it was. The definitions are those of the curves' own
// score.py.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bench/rivals/labelled_curves.h"
#include "core/regime/regime.h"

namespace lossd::bench {

/// The verdicts on one curve, in the order of the samples.
struct Timeline {
  struct Change {
    std::size_t sample;
    core::Regime to;
  };
  std::vector<Change> regimes;  ///< starts in kWarmingUp
  std::vector<std::size_t> spikes;
  std::vector<std::size_t> restarts;

  /// Notes the regime that holds at `sample`; repeated ones are merged.
  void Mark(std::size_t sample, core::Regime regime);
  /// Samples at which `regime` was entered, those within 32 samples of its last end merged.
  std::vector<std::size_t> Entries(core::Regime regime) const;
  /// Share of the samples first..last that were spent in `regime`.
  double Share(core::Regime regime, std::size_t first, std::size_t last) const;
};

using Detector = std::function<Timeline(const std::vector<core::Observation>&)>;

/// A rate of false alarms.
struct Rate {
  std::size_t alarms = 0, samples = 0;
  std::vector<std::pair<std::string, std::size_t>> where;
  double per_10k() const { return samples == 0 ? 0 : 1e4 * static_cast<double>(alarms) / static_cast<double>(samples); }
};

/// Hits and misses, with the delay of each hit in samples.
struct Recall {
  std::size_t all = 0;
  std::vector<std::size_t> delays;
  std::vector<std::string> missed;
  double share() const { return all == 0 ? 0 : static_cast<double>(delays.size()) / static_cast<double>(all); }
  double median_delay() const;
};

struct Score {
  Rate false_divergence, lr_driven, trendless, false_plateau, false_oscillating, false_spike;
  Recall divergence, non_finite, spikes;
  std::vector<std::pair<double, std::string>> plateau_shares, oscillating_shares;
  std::size_t restarts_announced = 0, restarts = 0;
  std::array<Recall, 7> injected;  ///< by Injection
};

/// Scores a detector on the curves; `task` restricts them, empty takes all. `injections` is how many healthy runs are
/// spoilt.
Score Evaluate(const Detector& detector, const std::vector<Curve>& curves, std::size_t injections,
               const std::string& task = "");

}  // namespace lossd::bench
