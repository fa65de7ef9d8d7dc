// The definition of velocity and acceleration, computed the slow and exact way.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace lossd::core {

/// Two-pass least-squares line in extended precision.
struct ReferenceLine {
  long double slope = 0;
  long double noise = 0;  ///< standard deviation of the residuals around the line
  long double rss = 0;    ///< sum of the squared residuals
  long double sxx = 0;
  long double tstat = 0;  ///< slope divided by its standard error; meaningless where noise is 0
};

inline ReferenceLine FitReferenceLine(std::span<const double> y) {
  ReferenceLine line;
  const auto n = static_cast<long double>(y.size());
  if (y.size() < 2) return line;
  long double mean = 0;
  for (const double value : y) mean += (static_cast<long double>(value) - y[0]) / n;
  mean += y[0];
  const long double mean_x = (n - 1) / 2;
  long double sxy = 0;
  long double& sxx = line.sxx;
  long double& rss = line.rss;
  for (std::size_t x = 0; x < y.size(); ++x) {
    const long double dx = static_cast<long double>(x) - mean_x;
    sxy += dx * (y[x] - mean);
    sxx += dx * dx;
  }
  line.slope = sxy / sxx;
  for (std::size_t x = 0; x < y.size(); ++x) {
    const long double residual = y[x] - mean - line.slope * (static_cast<long double>(x) - mean_x);
    rss += residual * residual;
  }
  line.noise = std::sqrt(rss / n);
  if (y.size() > 2) line.tstat = line.slope / std::sqrt(rss / (n - 2) / sxx);
  return line;
}

struct ReferenceDynamics {
  long double velocity = 0, acceleration = 0;
  long double noise = 0;  ///< around the line over the whole window
  long double tstat = 0;
  long double acceleration_tstat = 0;
};

/// Of the last `window` values of `losses`.
inline ReferenceDynamics FitReference(std::span<const double> losses, std::size_t window) {
  const std::size_t n = losses.size() < window ? losses.size() : window;
  const std::span<const double> y = losses.last(n);
  const ReferenceLine whole = FitReferenceLine(y);
  ReferenceDynamics dynamics;
  dynamics.velocity = whole.slope;
  dynamics.noise = whole.noise;
  dynamics.tstat = whole.tstat;
  if (n >= 6) {
    const ReferenceLine first = FitReferenceLine(y.first(n / 2));
    const ReferenceLine second = FitReferenceLine(y.subspan(n / 2));
    dynamics.acceleration = second.slope - first.slope;
    const long double variance = (first.rss + second.rss) / static_cast<long double>(n - 4);
    dynamics.acceleration_tstat = dynamics.acceleration / std::sqrt(variance * (1 / first.sxx + 1 / second.sxx));
  }
  return dynamics;
}

}  // namespace lossd::core
