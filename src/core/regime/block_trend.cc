#include "core/regime/block_trend.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace lossd::core {
namespace {

constexpr double kMostCorrelation = 0.9;

double Slope(std::span<const float> values) {
  const auto n = static_cast<double>(values.size());
  double weighted = 0, x = -(n - 1) / 2;
  for (const float value : values) weighted += x++ * static_cast<double>(value);
  return weighted / (n * (n * n - 1) / 12);
}

double Sxx(double n) { return n * (n * n - 1) / 12; }

/// Wallace's normal score of a t-statistic.
double NormalScore(double t, double df) {
  const double score = (1 - 2 / (8 * df + 3)) * std::sqrt(df * std::log1p(t * t / df));
  return t < 0 ? -score : score;
}

/// In loops of a fixed length, which run in vectors: beyond the end is NaN, neither above nor below anything.
double RankScore(std::span<const float> values) {
  constexpr std::size_t kMost = BlockTrend::kMost;
  std::array<float, 2 * kMost> padded;
  padded.fill(std::numeric_limits<float>::quiet_NaN());
  std::copy(values.begin(), values.end(), padded.begin());
  int rises = 0;
  for (std::size_t apart = 1; apart < values.size(); ++apart) {
    for (std::size_t i = 0; i < kMost; ++i) {
      rises += int{padded[i + apart] > padded[i]} - int{padded[i + apart] < padded[i]};
    }
  }
  const auto n = static_cast<double>(values.size());
  return rises / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

struct Scatter {
  double deviation = 0;    ///< of one value
  double correlation = 0;  ///< of neighbours
};

/// Of the differences of neighbours and of second neighbours, around a slope in the middle that changes by `bend` from
/// one value to the next: the variance of second over that of first ones is one more than the correlation.
Scatter ScatterAround(std::span<const float> values, double slope, double bend) {
  const auto n = static_cast<double>(values.size());
  double d1 = 0, d2 = 0, local = slope + bend * (1 - n / 2);
  for (std::size_t i = 1; i < values.size(); ++i, local += bend) {
    const double step = static_cast<double>(values[i] - values[i - 1]) - local;
    d1 += step * step;
    if (i == 1) continue;
    const double wider = static_cast<double>(values[i] - values[i - 2]) - 2 * (local - bend / 2);
    d2 += wider * wider;
  }
  d1 /= n - 1;
  d2 /= n - 2;
  const double correlation = d1 > 0 ? std::clamp(d2 / d1 - 1, 0.0, kMostCorrelation) : 0;
  return {std::sqrt(d1 / 2 / (1 - correlation)), correlation};
}

}  // namespace

BlockTrend FitBlocks(std::span<const float> means, double floor, bool halves) {
  BlockTrend trend;
  const std::size_t size = means.size();
  if (size < BlockTrend::kLeast) return trend;
  const auto n = static_cast<double>(size);
  trend.known = true;
  for (const float mean : means) trend.mean += static_cast<double>(mean);
  trend.mean /= n;
  const double slope = Slope(means);
  trend.rise = slope * (n - 1);
  trend.rank_z = RankScore(means);

  const Scatter straight = ScatterAround(means, slope, 0);
  const double inflation = (1 + straight.correlation) / (1 - straight.correlation);
  const double deviation = std::max(straight.deviation, floor) * std::sqrt(inflation);
  trend.error = deviation * (n - 1) / std::sqrt(Sxx(n));
  const double df = std::max(4.0, (n - 4) / inflation + 2);
  trend.t = trend.error > 0 ? NormalScore(trend.rise / trend.error, df) : 0;

  if (!halves) return trend;
  const std::size_t half = size / 2;
  trend.first_slope = Slope(means.first(half));
  trend.second_slope = Slope(means.last(half));
  // Around a curve, for a bend must not count as the noise that hides it.
  const Scatter curved = ScatterAround(means, slope, (trend.second_slope - trend.first_slope) / (n / 2));
  const double bend_inflation = (1 + curved.correlation) / (1 - curved.correlation);
  const double bend_deviation = std::max(curved.deviation, floor) * std::sqrt(bend_inflation);
  const double slope_error = bend_deviation * std::sqrt(2 / Sxx(static_cast<double>(half)));
  trend.bend_t = slope_error > 0 ? (trend.second_slope - trend.first_slope) / slope_error : 0;
  return trend;
}

}  // namespace lossd::core
