#include "core/dyadic_ladder.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kBlockCount = DyadicLadder::kBlocks;
constexpr double kSxx = kBlockCount * (kBlockCount * kBlockCount - 1) / 12;
constexpr double kHalf = kBlockCount / 2;
constexpr double kHalfSxx = kHalf * (kHalf * kHalf - 1) / 12;
constexpr double kCorrelationMemory = 32;  // evaluations
constexpr double kMaxCorrelation = 0.6;    // beyond it fewer than 8 of the 32 blocks count as independent

double Slope(const double* values, std::size_t count, double sxx) {
  const double middle = (static_cast<double>(count) - 1) / 2;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += (static_cast<double>(i) - middle) * values[i];
  return sum / sxx;
}

// Wallace's normal score of a t-statistic.
double NormalScore(double t, double df) {
  const double score = (1 - 2 / (8 * df + 3)) * std::sqrt(df * std::log1p(t * t / df));
  return t < 0 ? -score : score;
}

}  // namespace

std::uint32_t DyadicLadder::Add(double value, double floor) {
  std::uint32_t evaluated = 0;
  for (std::size_t scale = 0; scale < kScales; ++scale) {
    Level& level = levels_[scale];
    level.means[level.closed++ % kBlocks] = value;
    if (level.closed >= kBlocks) {
      Evaluate(scale, floor / std::sqrt(static_cast<double>(std::size_t{1} << scale)));
      evaluated |= 1U << scale;
    }
    if (scale + 1 == kScales) break;
    Level& next = levels_[scale + 1];
    next.half = !next.half;
    if (next.half) {
      next.pending = value;
      break;
    }
    value = (next.pending + value) / 2;
  }
  return evaluated;
}

void DyadicLadder::Clear() {
  for (Level& level : levels_) {
    level.closed = 0;
    level.half = false;
  }
  trends_ = {};
}

std::array<double, DyadicLadder::kBlocks> DyadicLadder::Blocks(std::size_t scale) const {
  const Level& level = levels_[scale];
  std::array<double, kBlocks> ordered;
  for (std::size_t i = 0; i < kBlocks; ++i) ordered[i] = level.means[(level.closed + i) % kBlocks];
  return ordered;
}

void DyadicLadder::Evaluate(std::size_t scale, double floor) {
  Level& level = levels_[scale];
  const std::array<double, kBlocks> m = Blocks(scale);
  const double b = Slope(m.data(), kBlocks, kSxx);
  double d1 = 0, d2 = 0;
  for (std::size_t i = 1; i < kBlocks; ++i) {
    const double step = m[i] - m[i - 1] - b;
    d1 += step * step;
    if (i < 2) continue;
    const double stride = m[i] - m[i - 2] - 2 * b;
    d2 += stride * stride;
  }
  d1 /= kBlockCount - 1;
  d2 /= kBlockCount - 2;
  ++level.evaluations;
  // The variance of second differences over that of first ones is 1 + rho for a first-order autoregression.
  const double rho = d1 > 0 ? std::clamp(d2 / d1 - 1, -0.5, 0.97) : 0;
  level.correlation += (rho - level.correlation) / std::min(kCorrelationMemory, static_cast<double>(level.evaluations));
  const double positive = std::max(0.0, level.correlation);
  const double deviation = std::max(std::sqrt(d1 / (2 * (1 - positive))), floor);
  const double inflation = (1 + positive) / (1 - positive);
  const double df = std::max(5.0, 20 / inflation + 2);

  ScaleTrend& trend = trends_[scale];
  trend.window = Window(scale);
  trend.usable = level.correlation <= kMaxCorrelation;
  const double samples = static_cast<double>(std::size_t{1} << scale);
  trend.slope = b / samples;
  trend.mean = std::accumulate(m.begin(), m.end(), 0.0) / kBlockCount;
  trend.rise = b * (kBlockCount - 1);
  const double error = deviation * std::sqrt(inflation / kSxx);
  trend.deviation = deviation * std::sqrt(samples * inflation);
  trend.rise_error = error * (kBlockCount - 1);
  trend.z = error > 0 ? NormalScore(b / error, df) : 0;
  const double first = Slope(m.data(), kBlocks / 2, kHalfSxx);
  const double second = Slope(m.data() + kBlocks / 2, kBlocks / 2, kHalfSxx);
  const double curvature_error = deviation * std::sqrt(2 * inflation / kHalfSxx);
  trend.curvature_z = curvature_error > 0 ? NormalScore((second - first) / curvature_error, df) : 0;
  trend.half_ratio = first != 0 ? second / first : 0;
}

void DyadicLadder::Save(StateWriter& out) const {
  for (const Level& level : levels_) {
    for (const double mean : level.means) out.F64(mean);
    out.U64(level.closed);
    out.F64(level.pending);
    out.Bool(level.half);
    out.F64(level.correlation);
    out.U64(level.evaluations);
  }
  for (const ScaleTrend& trend : trends_) {
    out.Bool(trend.usable);
    out.U64(trend.window);
    for (const double value : {trend.slope, trend.mean, trend.rise, trend.rise_error, trend.deviation, trend.z,
                               trend.curvature_z, trend.half_ratio})
      out.F64(value);
  }
}

bool DyadicLadder::Load(StateReader& in) {
  for (Level& level : levels_) {
    for (double& mean : level.means) mean = in.F64();
    level.closed = in.U64();
    level.pending = in.F64();
    level.half = in.Bool();
    level.correlation = in.F64();
    level.evaluations = in.U64();
  }
  for (ScaleTrend& trend : trends_) {
    trend.usable = in.Bool();
    trend.window = in.U64();
    for (double* value : {&trend.slope, &trend.mean, &trend.rise, &trend.rise_error, &trend.deviation, &trend.z,
                          &trend.curvature_z, &trend.half_ratio})
      *value = in.F64();
  }
  if (!in.ok()) *this = DyadicLadder();
  return in.ok();
}

}  // namespace lossd::core
