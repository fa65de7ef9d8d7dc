#include "core/dyadic_ladder.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kBlockCount = DyadicLadder::kBlocks;
constexpr double kSxx = kBlockCount * (kBlockCount * kBlockCount - 1) / 12;
constexpr std::size_t kHalf = DyadicLadder::kBlocks / 2;
constexpr double kHalfCount = kHalf;
constexpr double kHalfSxx = kHalfCount * (kHalfCount * kHalfCount - 1) / 12;
constexpr double kCorrelationMemory = 32;  // evaluations
constexpr double kMaxCorrelation = 0.6;    // beyond it fewer than 8 of the 32 blocks count as independent

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
    level.means[level.next] = value;
    level.next = static_cast<std::uint8_t>((level.next + 1U) % kBlocks);
    level.full |= level.next == 0;
    if (level.full) {
      Evaluate(scale, floor / std::sqrt(static_cast<double>(std::size_t{1} << scale)));
      evaluated |= 1U << scale;
    }
    if (scale + 1 == kScales) break;
    Level& coarser = levels_[scale + 1];
    coarser.half = !coarser.half;
    if (coarser.half) {
      coarser.pending = value;
      break;
    }
    value = (coarser.pending + value) / 2;
  }
  return evaluated;
}

void DyadicLadder::Clear() {
  for (Level& level : levels_) {
    level.next = 0;
    level.full = level.half = false;
  }
  trends_ = {};
}

DyadicLadder::Blocks DyadicLadder::Recent(std::size_t scale) const {
  const Level& level = levels_[scale];
  Blocks recent;
  const auto oldest = level.means.begin() + level.next;
  std::copy(level.means.begin(), oldest, std::copy(oldest, level.means.end(), recent.begin()));
  const double origin = recent[0];
  for (double& mean : recent) mean -= origin;
  return recent;
}

void DyadicLadder::Evaluate(std::size_t scale, double floor) {
  Level& level = levels_[scale];
  const double origin = level.means[level.next];
  const Blocks m = Recent(scale);
  // One pass, with independent sums: everything else follows from them.
  double sum1 = 0, sum2 = 0, moment1 = 0, moment2 = 0;
  for (std::size_t i = 0; i < kHalf; ++i) {
    const double x = static_cast<double>(i) - (kHalfCount - 1) / 2;
    sum1 += m[i];
    sum2 += m[i + kHalf];
    moment1 += x * m[i];
    moment2 += x * m[i + kHalf];
  }
  double step_squares = 0, stride_squares = 0;
  for (std::size_t i = 2; i < kBlocks; ++i) {
    const double step = m[i] - m[i - 1], stride = m[i] - m[i - 2];
    step_squares += step * step;
    stride_squares += stride * stride;
  }
  const double first_step = m[1] - m[0];
  step_squares += first_step * first_step;

  const double b = (moment1 + moment2 + kHalfCount / 2 * (sum2 - sum1)) / kSxx;
  const double total_step = m[kBlocks - 1] - m[0];
  const double total_stride = m[kBlocks - 1] + m[kBlocks - 2] - m[1] - m[0];
  const double d1 = std::max(0.0, (step_squares - 2 * b * total_step) / (kBlockCount - 1) + b * b);
  const double d2 = std::max(0.0, (stride_squares - 4 * b * total_stride) / (kBlockCount - 2) + 4 * b * b);
  // The variance of second differences over that of first ones is 1 + rho for a first-order autoregression.
  const double rho = d1 > 0 ? std::clamp(d2 / d1 - 1, -0.5, 0.97) : 0;
  if (level.evaluations < kCorrelationMemory) ++level.evaluations;
  level.correlation += static_cast<float>((rho - static_cast<double>(level.correlation)) / level.evaluations);
  const double positive = std::max(0.0, static_cast<double>(level.correlation));
  const double deviation = std::max(std::sqrt(d1 / (2 * (1 - positive))), floor);
  const double inflation = (1 + positive) / (1 - positive);
  const double df = std::max(5.0, 20 / inflation + 2);

  ScaleTrend& trend = trends_[scale];
  trend.window = static_cast<std::uint16_t>(Window(scale));
  trend.usable = positive <= kMaxCorrelation;
  trend.mean = origin + (sum1 + sum2) / kBlockCount;
  trend.rise = b * (kBlockCount - 1);
  const double root = std::sqrt(inflation);
  trend.deviation = deviation * root * std::sqrt(static_cast<double>(std::size_t{1} << scale));
  const double error = deviation * root / std::sqrt(kSxx);
  trend.rise_error = error * (kBlockCount - 1);
  trend.z = error > 0 ? static_cast<float>(NormalScore(b / error, df)) : 0;
  const double first = moment1 / kHalfSxx, second = moment2 / kHalfSxx;
  const double curvature_error = deviation * root * std::sqrt(2 / kHalfSxx);
  trend.curvature_t = curvature_error > 0 ? static_cast<float>((second - first) / curvature_error) : 0;
  trend.half_ratio = first != 0 ? static_cast<float>(second / first) : 0;
}

void DyadicLadder::Save(StateWriter& out) const {
  for (const Level& level : levels_) {
    for (const double mean : level.means) out.F64(mean);
    out.F64(level.pending);
    out.F64(static_cast<double>(level.correlation));
    out.U64(level.next);
    out.Bool(level.full);
    out.Bool(level.half);
    out.U64(level.evaluations);
  }
  for (const ScaleTrend& trend : trends_) {
    for (const double value : {trend.mean, trend.rise, trend.rise_error, trend.deviation}) out.F64(value);
    for (const float value : {trend.z, trend.curvature_t, trend.half_ratio}) out.F64(static_cast<double>(value));
    out.U64(trend.window);
    out.Bool(trend.usable);
  }
}

bool DyadicLadder::Load(StateReader& in) {
  for (Level& level : levels_) {
    for (double& mean : level.means) mean = in.F64();
    level.pending = in.F64();
    level.correlation = static_cast<float>(in.F64());
    const std::uint64_t next = in.U64();
    if (next >= kBlocks) in.Fail();
    level.next = static_cast<std::uint8_t>(next % kBlocks);
    level.full = in.Bool();
    level.half = in.Bool();
    level.evaluations = static_cast<std::uint8_t>(in.U64());
  }
  for (ScaleTrend& trend : trends_) {
    for (double* value : {&trend.mean, &trend.rise, &trend.rise_error, &trend.deviation}) *value = in.F64();
    for (float* value : {&trend.z, &trend.curvature_t, &trend.half_ratio}) *value = static_cast<float>(in.F64());
    trend.window = static_cast<std::uint16_t>(in.U64());
    trend.usable = in.Bool();
  }
  if (!in.ok()) *this = DyadicLadder();
  return in.ok();
}

}  // namespace lossd::core
