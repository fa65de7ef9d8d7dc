// The figures behind a regime, and the sentence that they make.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/regime/multiscale_trend.h"
#include "core/regime/regime.h"

namespace lossd::core {

/// A value copy of what the classifier rests its verdict on. "Deviations" are noise deviations; positive is worse.
struct RegimeEvidence {
  struct Scale {
    std::size_t window = 0;      ///< samples; 0 until the scale is full
    bool usable = false;         ///< its blocks are independent enough for a test
    double rise_deviations = 0;  ///< of the least-squares line over the window
    double z = 0;                ///< normal score of the t-statistic of that rise
    double curvature_t = 0;      ///< t-statistic of the change of slope between the halves
  };

  Regime regime = Regime::kWarmingUp;
  std::uint64_t regime_samples = 0;  ///< since the regime was entered
  std::uint64_t finite_samples = 0;  ///< since the start or the last restart
  double noise = 0;                  ///< in the unit of the loss; 0 until known
  std::array<Scale, MultiscaleTrend::kScales> scales{};
  /// The look-back over the last half of the run, on which falling, slowing and flat are judged.
  struct LookBack {
    std::uint64_t values = 0;  ///< 0 until there are enough
    double rise = 0;           ///< of the least-squares line, in the unit of the loss
    double error = 0;          ///< standard error of the rise
    double share = 0;          ///< the rise over the size of the loss
    double rank_z = 0;         ///< normal score of Mann and Kendall's test
    double bend_t = 0;         ///< of the slope of its later half less that of the earlier one
  };
  LookBack half = {};

  bool excursion_open = false;  ///< the loss is above the level it came from, for now
  std::uint64_t excursion_samples = 0;
  double excursion_deviations = 0;  ///< highest median of five samples above that level

  std::uint64_t risen_samples = 0;                           ///< kDiverging: since the rise was proven
  double risen_from = 0;                                     ///< kDiverging: the level that it rose from
  double risen_deviations = 0;                               ///< kDiverging: how far it is above that level now
  double period_samples = 0;                                 ///< kOscillating
  double amplitude_deviations = 0;                           ///< kOscillating
  std::optional<std::uint64_t> evaluations_since_best = {};  ///< of an evaluation loss
  double risen_from_best = 0;       ///< of an evaluation loss: how far it is above its best, in the unit of the loss
  std::uint64_t equal_samples = 0;  ///< in a row with the same value, the last one included
  double rate = 0;                  ///< the learning rate, where logged
  bool rate_frozen = false;         ///< it is zero, so nothing can move
  bool gradients_grow = false;      ///< the gradient norm stays far above what the run was used to
  bool masked = false;  ///< kNonFinite: told by a loss of exactly 0 beside a gradient norm that is not finite
};

/// In words: "rose 5.1 noise deviations over 256 samples; z = 6.3".
std::string Describe(const RegimeEvidence& evidence);

}  // namespace lossd::core
