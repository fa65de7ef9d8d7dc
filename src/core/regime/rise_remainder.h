// What may be left of a rise that counts as undone.
#pragma once

#include <algorithm>
#include <cmath>

namespace lossd::core {

/// As a share of the rise, and of its orders of magnitude: the first peak of a loss that blew up is often far above the
/// level that it settles on. What the noise hides is not asked for.
struct RiseRemainder {
  static constexpr double kHidden = 2;

  double share = 0;
  double orders = 0;

  /// `noise`: of a single value, where the rise began.
  double Level(double baseline, double peak, double noise) const {
    const double line = baseline + share * (peak - baseline);
    if (baseline <= 0 || peak <= baseline) return line;
    return std::min(line, std::max(baseline * std::pow(peak / baseline, orders), baseline + kHidden * noise));
  }
};

inline constexpr RiseRemainder kUndone = {.share = 0.25, .orders = 1.0 / 3};

}  // namespace lossd::core
