#include "core/run_history.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace lossd::core {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

std::size_t Rounded(std::size_t points) { return std::bit_floor(std::max(points, RunHistory::kMinPoints)); }

/// Nearest float; what a float cannot hold stays finite, so that a chart has something to draw.
float Single(double value) {
  constexpr double kMax = std::numeric_limits<float>::max();
  return static_cast<float>(std::isfinite(value) ? std::clamp(value, -kMax, kMax) : value);
}

float Single(const std::optional<double>& value) { return value ? Single(*value) : kNone; }

float Least(float a, float b) { return std::isnan(a) || b < a ? b : a; }
float Greatest(float a, float b) { return std::isnan(a) || b > a ? b : a; }
float Newest(float a, float b) { return std::isnan(b) ? a : b; }

/// Outliers go first: real runs are full of them.
int Importance(Event::Kind kind) {
  if (kind == Event::Kind::kOutlier) return 0;
  return kind == Event::Kind::kSpike ? 1 : 2;
}

}  // namespace

void RunHistory::Point::Extend(const Point& next) {
  step = next.step;
  time = next.time;
  min = Least(min, next.min);
  max = Greatest(max, next.max);
  last = Newest(last, next.last);
  smoothed = Newest(smoothed, next.smoothed);
  learning_rate = Newest(learning_rate, next.learning_rate);
  gradient_norm = Greatest(gradient_norm, next.gradient_norm);
}

RunHistory::RunHistory(std::size_t points, std::size_t windows, std::uint64_t begin)
    : capacity_(Rounded(points)), windows_(windows), begin_(begin) {
  points_.reserve(capacity_);
  dynamics_.reserve(capacity_ * windows_);
}

std::size_t RunHistory::BytesFor(std::size_t points, std::size_t windows) {
  return sizeof(RunHistory) + Rounded(points) * (sizeof(Point) + windows * sizeof(Dynamics));
}

std::uint64_t RunHistory::LastSample(std::size_t point) const {
  return begin_ + std::min((point + 1) * stride_, samples_) - 1;
}

void RunHistory::Add(const Entry& entry, std::span<const WindowRegression> windows) {
  const float loss = entry.finite ? Single(entry.loss) : kNone;
  const Point next{.step = entry.step.value_or(kNoStep),
                   .time = entry.time,
                   .min = loss,
                   .max = loss,
                   .last = loss,
                   .smoothed = Single(entry.smoothed),
                   .learning_rate = Single(entry.learning_rate),
                   .gradient_norm = Single(entry.gradient_norm)};
  if (!BeginsPoint()) {
    points_.back().Extend(next);
  } else {
    if (points_.size() == capacity_) Halve();
    points_.push_back(next);
    for (std::size_t i = 0; i < windows_; ++i) {
      const WindowRegression& window = windows[i];
      dynamics_.push_back(
          {window.size() >= WindowRegression::kMinSlopeSamples ? Single(window.Slope()) : kNone,
           window.size() >= WindowRegression::kMinSlopeChangeSamples ? Single(window.SlopeChange()) : kNone});
    }
  }
  ++samples_;
}

void RunHistory::Halve() {
  const std::size_t size = points_.size(), half = (size + 1) / 2;
  for (std::size_t i = 0; i < half; ++i) {
    points_[i] = points_[2 * i];
    if (2 * i + 1 < size) points_[i].Extend(points_[2 * i + 1]);
    for (std::size_t w = 0; w < windows_; ++w) dynamics_[i * windows_ + w] = dynamics_[2 * i * windows_ + w];
  }
  points_.resize(half);
  dynamics_.resize(half * windows_);
  stride_ *= 2;
}

void RunHistory::Resize(std::size_t points) {
  const std::size_t wanted = Rounded(points);
  if (wanted == capacity_) return;
  while (points_.size() > wanted) Halve();
  std::vector<Point> new_points;
  std::vector<Dynamics> new_dynamics;
  new_points.reserve(wanted);
  new_dynamics.reserve(wanted * windows_);
  new_points.assign(points_.begin(), points_.end());
  new_dynamics.assign(dynamics_.begin(), dynamics_.end());
  points_ = std::move(new_points);
  dynamics_ = std::move(new_dynamics);
  capacity_ = wanted;
}

void RunHistory::AddMark(const Event& event, Timestamp time) {
  const Mark mark{.kind = event.kind,
                  .regime = event.to,
                  .sample = event.kind == Event::Kind::kSpike ? event.onset : event.sample,
                  // As on the points, where steps that begin anew with each epoch go on rising.
                  .step = event.step && !points_.empty() ? points_.back().step : event.step.value_or(kNoStep),
                  .time = time,
                  .value = event.value};
  if (event.kind != Event::Kind::kRegime) {
    if (events_.size() == kMaxEvents) {
      const auto importance = [](const Mark& old) { return Importance(old.kind); };
      events_.erase(std::ranges::min_element(events_, {}, importance));
    }
    events_.push_back(mark);
    return;
  }
  if (regimes_.size() == kMaxRegimes) {
    std::size_t shortest = 0;
    const auto length = [this](std::size_t i) { return regimes_[i + 1].sample - regimes_[i].sample; };
    for (std::size_t i = 1; i + 1 < regimes_.size(); ++i) {
      if (length(i) < length(shortest)) shortest = i;
    }
    regimes_.erase(regimes_.begin() + static_cast<std::ptrdiff_t>(shortest));
  }
  regimes_.push_back(mark);
}

}  // namespace lossd::core
