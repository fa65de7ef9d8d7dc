#include "core/regime/multiscale_trend.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kBlockCount = MultiscaleTrend::kBlocks;
constexpr std::size_t kCorrelationMemory = 32;  // of the most frequent evaluations
constexpr double kMaxCorrelation = 0.6;         // beyond it fewer than 8 of the 32 blocks count as independent
constexpr std::size_t kEvery = 8;               // blocks
constexpr double kStirs = 1;                    // standard errors that a rise must have to be watched closely
// Of the number of samples in a block, by scale.
constexpr double kRoot2 = std::numbers::sqrt2;
constexpr std::array<double, MultiscaleTrend::kScales> kRoots = {1, kRoot2, 2, 2 * kRoot2, 4, 4 * kRoot2};

/// Blocks from one evaluation to the next, where they are most frequent.
constexpr std::size_t FinestStep(std::size_t scale) { return MultiscaleTrend::Fine(scale) ? 2 : 1; }

}  // namespace

// Wallace's normal score of a t-statistic.
double ScaleTrend::z() const {
  if (!(rise_error > 0)) return 0;
  const double t = rise / rise_error, positive = static_cast<double>(correlation);
  const double df = std::max(5.0, 20 * (1 - positive) / (1 + positive) + 2);
  const double score = (1 - 2 / (8 * df + 3)) * std::sqrt(df * std::log1p(t * t / df));
  return t < 0 ? -score : score;
}

double ScaleTrend::curvature_t() const {
  const double error = rise_error * std::sqrt(2 * BlockWindow::kSxx / BlockWindow::kHalfSxx) / (kBlockCount - 1);
  return error > 0 ? static_cast<double>(bend) / error : 0;
}

std::uint32_t MultiscaleTrend::Add(double value, double floor) {
  std::uint32_t evaluated = 0;
  for (std::size_t scale = 0; scale < kScales; ++scale) {
    Level& level = levels_[scale];
    level.window.Push(value);
    const std::size_t every = Fine(scale) && !level.stirs ? kEvery : FinestStep(scale);
    if (level.window.full() && level.window.position() % every == 0) evaluated |= 1U << scale;
    if (scale + 1 == kScales) break;
    Level& coarser = levels_[scale + 1];
    coarser.half = !coarser.half;
    if (coarser.half) {
      coarser.pending = value;
      break;
    }
    value = (coarser.pending + value) / 2;
  }
  // Behind all the pushes, so that the divisions and roots of one scale run beside those of the next.
  for (std::uint32_t left = evaluated; left != 0; left &= left - 1) {
    const auto scale = static_cast<std::size_t>(std::countr_zero(left));
    Evaluate(scale, floor / kRoots[scale]);
  }
  return evaluated;
}

void MultiscaleTrend::Clear() {
  for (Level& level : levels_) {
    level.window.Clear();
    level.half = level.stirs = false;
  }
  trends_ = {};
}

void MultiscaleTrend::Evaluate(std::size_t scale, double floor) {
  Level& level = levels_[scale];
  const BlockWindow::Line line = level.window.Fit();
  const double d1 = line.step_variance, d2 = line.stride_variance;
  // The variance of second differences over that of first ones is 1 + rho for a first-order autoregression.
  const double rho = d1 > 0 ? std::min(std::max(d2 / d1 - 1, -0.5), 0.97) : 0;
  const double surprise = rho - static_cast<double>(level.correlation);
  const std::size_t position = level.window.position(), since = (position + kBlocks - level.evaluated_at) % kBlocks;
  const std::size_t blocks = since == 0 ? FinestStep(scale) : since, memory = kCorrelationMemory * FinestStep(scale);
  level.evaluated_at = static_cast<std::uint8_t>(position);
  level.smoothed = static_cast<std::uint8_t>(std::min(level.smoothed + blocks, memory));
  level.correlation += static_cast<float>(surprise * static_cast<double>(blocks) / static_cast<double>(level.smoothed));
  const double positive = std::max(0.0, static_cast<double>(level.correlation));
  const double shortfall = 1 / (1 - positive);
  const double inflation = (1 + positive) * shortfall;
  const double deviation = std::max(std::sqrt(d1 / 2 * shortfall), floor) * std::sqrt(inflation);

  ScaleTrend trend;
  trend.window = static_cast<std::uint16_t>(Window(scale));
  trend.usable = positive <= kMaxCorrelation;
  trend.correlation = static_cast<float>(positive);
  trend.mean = line.mean;
  trend.rise = line.slope * (kBlockCount - 1);
  trend.rise_error = deviation * ((kBlockCount - 1) / std::sqrt(BlockWindow::kSxx));
  trend.deviation = deviation * kRoots[scale];
  trend.bend = static_cast<float>(line.second_slope - line.first_slope);
  trends_[scale] = trend;
  level.stirs = trend.rise >= kStirs * trend.rise_error;
}

void MultiscaleTrend::Save(StateWriter& out) const {
  for (const Level& level : levels_) {
    level.window.Save(out);
    out.F64(level.pending);
    out.F64(static_cast<double>(level.correlation));
    out.Bool(level.half);
    out.Bool(level.stirs);
    out.U64(level.smoothed);
    out.U64(level.evaluated_at);
  }
  for (const ScaleTrend& trend : trends_) {
    for (const double value : {trend.mean, trend.rise, trend.rise_error, trend.deviation}) out.F64(value);
    for (const float value : {trend.bend, trend.correlation}) out.F64(static_cast<double>(value));
    out.U64(trend.window);
    out.Bool(trend.usable);
  }
}

bool MultiscaleTrend::Load(StateReader& in) {
  for (Level& level : levels_) {
    level.window.Load(in);
    level.pending = in.F64();
    level.correlation = static_cast<float>(in.F64());
    level.half = in.Bool();
    level.stirs = in.Bool();
    level.smoothed = static_cast<std::uint8_t>(in.U64());
    level.evaluated_at = static_cast<std::uint8_t>(in.U64() % kBlocks);
  }
  for (ScaleTrend& trend : trends_) {
    for (double* value : {&trend.mean, &trend.rise, &trend.rise_error, &trend.deviation}) *value = in.F64();
    for (float* value : {&trend.bend, &trend.correlation}) *value = static_cast<float>(in.F64());
    trend.window = static_cast<std::uint16_t>(in.U64());
    trend.usable = in.Bool();
  }
  if (!in.ok()) *this = MultiscaleTrend();
  return in.ok();
}

}  // namespace lossd::core
