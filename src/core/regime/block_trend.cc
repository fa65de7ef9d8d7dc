#include "core/regime/block_trend.h"

#include <algorithm>
#include <cmath>

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

double RankScore(std::span<const float> values) {
  int rising = 0, falling = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t k = i + 1; k < values.size(); ++k) {
      rising += values[k] > values[i] ? 1 : 0;
      falling += values[k] < values[i] ? 1 : 0;
    }
  }
  const auto n = static_cast<double>(values.size());
  return (rising - falling) / std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

}  // namespace

BlockTrend FitBlocks(std::span<const float> means, double floor) {
  BlockTrend trend;
  const std::size_t size = means.size();
  if (size < BlockTrend::kLeast) return trend;
  const auto n = static_cast<double>(size);
  trend.known = true;
  for (const float mean : means) trend.mean += static_cast<double>(mean) / n;
  const double slope = Slope(means);
  trend.rise = slope * (n - 1);
  trend.rank_z = RankScore(means);

  // Of differences, which a bend of the curve does not inflate; the variance of second over that of first ones is one
  // more than the correlation of neighbours.
  double d1 = 0, d2 = 0;
  for (std::size_t i = 1; i < size; ++i) {
    const double step = static_cast<double>(means[i] - means[i - 1]) - slope;
    d1 += step * step / (n - 1);
  }
  for (std::size_t i = 2; i < size; ++i) {
    const double step = static_cast<double>(means[i] - means[i - 2]) - 2 * slope;
    d2 += step * step / (n - 2);
  }
  const double correlation = d1 > 0 ? std::clamp(d2 / d1 - 1, 0.0, kMostCorrelation) : 0;
  const double inflation = (1 + correlation) / (1 - correlation);
  const double deviation = std::max(std::sqrt(d1 / 2 / (1 - correlation)), floor) * std::sqrt(inflation);
  trend.error = deviation * (n - 1) / std::sqrt(Sxx(n));
  const double df = std::max(4.0, (n - 4) / inflation + 2);
  trend.t = trend.error > 0 ? NormalScore(trend.rise / trend.error, df) : 0;

  const std::size_t half = size / 2;
  trend.first_slope = Slope(means.first(half));
  trend.second_slope = Slope(means.last(half));
  const double slope_error = deviation * std::sqrt(2 / Sxx(static_cast<double>(half)));
  trend.bend_t = slope_error > 0 ? (trend.second_slope - trend.first_slope) / slope_error : 0;
  return trend;
}

}  // namespace lossd::core
