#include "core/window_regression.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <span>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

/// Fall of the spread (in squares) below what has passed through the sums that calls for fresh ones.
constexpr double kPeakRatio = 0x1p8;
/// Scaled values beyond this would endanger the squares.
constexpr double kMaxScaled = 0x1p400;
constexpr std::uint32_t kMinRefreshInterval = 16;

/// Sum((x - mean(x))^2) for x = 0 .. n-1.
double SumSquaresX(double n) { return n * (n * n - 1) / 12; }

/// Least-squares slope from the moments of `size` values.
double SlopeOf(double sum, double weighted, std::size_t size) {
  const double n = static_cast<double>(size);
  return (weighted - (n - 1) / 2 * sum) / SumSquaresX(n);
}

/// Part of sum(d^2) that the least-squares line takes up.
double ExplainedSquares(double sum, double weighted, std::size_t size) {
  const double n = static_cast<double>(size);
  const double slope = SlopeOf(sum, weighted, size);
  return sum * sum / n + slope * slope * SumSquaresX(n);
}

}  // namespace

WindowRegression::WindowRegression(std::size_t window) : window_(static_cast<std::uint32_t>(window)) {
  if (window < 2 || window > std::numeric_limits<std::uint32_t>::max()) std::abort();
}

void WindowRegression::Update(const Ring<double>& losses) {
  const double added = Scaled(losses.FromNewest(0));
  if (size_ == 0 || !(std::abs(added) < kMaxScaled)) {
    size_ = std::min(size_ + 1, window_);
    Refresh(losses);
    return;
  }
  const std::uint32_t first_size = size_ / 2;
  const std::uint32_t second_size = size_ - first_size;
  if (size_ == window_) {
    const double gone = Scaled(losses.FromNewest(window_));
    const double middle = Scaled(losses.FromNewest(second_size));
    first_.PopFront(gone);
    first_.PushBack(middle, first_size - 1);
    second_.PopFront(middle);
    second_.PushBack(added, second_size - 1);
    squares_ -= gone * gone;
  } else {
    second_.PushBack(added, second_size);
    ++size_;
    if (size_ / 2 > first_size) {
      const double middle = Scaled(losses.FromNewest(second_size));
      second_.PopFront(middle);
      first_.PushBack(middle, first_size);
    }
  }
  squares_ += added * added;
  peak_squares_ = std::max(peak_squares_, squares_);

  const double n = static_cast<double>(size_);
  const double sum = first_.sum + second_.sum;
  if (--until_refresh_ == 0 || peak_squares_ * n > kPeakRatio * (squares_ * n - sum * sum)) Refresh(losses);
}

void WindowRegression::Follow(const Ring<double>& losses) {
  size_ = static_cast<std::uint32_t>(std::min<std::size_t>(window_, losses.size()));
  if (size_ > 0) Refresh(losses);
}

void WindowRegression::Refresh(const Ring<double>& losses) {
  const auto parts = losses.Newest(size_);
  const double newest = losses.FromNewest(0);
  double least = newest, greatest = newest;
  for (const std::span<const double> part : parts) {
    for (const double loss : part) {
      least = std::min(least, loss);
      greatest = std::max(greatest, loss);
    }
  }
  // Differences of the very largest doubles overflow unless they are made smaller first.
  const double shrink = std::max(-least, greatest) > 0x1p900 ? 0x1p-200 : 1;

  const double base = newest * shrink;
  double offset = 0;
  for (const std::span<const double> part : parts) {
    for (const double loss : part) offset += loss * shrink - base;
  }
  const double mean = base + offset / static_cast<double>(size_);
  const double spread = std::max(greatest * shrink - mean, mean - least * shrink);
  const double reference = spread > 0 ? spread : std::abs(mean);
  const int exponent = reference > 0 ? std::max(std::ilogb(reference), -960) : 0;
  scale_ = std::ldexp(shrink, -exponent);
  anchor_ = std::ldexp(mean, -exponent);

  // Sums of their own, which stay in registers: as members they would go through memory at every value.
  Half first, second;
  double squares = 0;
  std::uint32_t x = 0;
  const std::uint32_t first_size = size_ / 2;
  for (const std::span<const double> part : parts) {
    for (const double loss : part) {
      const double d = Scaled(loss);
      if (x < first_size) {
        first.PushBack(d, x);
      } else {
        second.PushBack(d, x - first_size);
      }
      ++x;
      squares += d * d;
    }
  }
  first_ = first;
  second_ = second;
  squares_ = peak_squares_ = squares;
  until_refresh_ = std::max(size_, kMinRefreshInterval);
}

WindowRegression::Half WindowRegression::Whole() const {
  const std::size_t first_size = size_ / 2;
  return {first_.sum + second_.sum, first_.weighted + second_.weighted + static_cast<double>(first_size) * second_.sum};
}

double WindowRegression::Unscaled(double slope) const {
  constexpr double kMax = std::numeric_limits<double>::max();
  return std::clamp(slope / scale_, -kMax, kMax);
}

double WindowRegression::Slope() const {
  if (size_ < kMinSlopeSamples) return 0;
  const Half whole = Whole();
  return Unscaled(SlopeOf(whole.sum, whole.weighted, size_));
}

double WindowRegression::SlopeChange() const {
  if (size_ < kMinSlopeChangeSamples) return 0;
  const std::size_t first_size = size_ / 2;
  return Unscaled(SlopeOf(second_.sum, second_.weighted, size_ - first_size) -
                  SlopeOf(first_.sum, first_.weighted, first_size));
}

std::optional<double> WindowRegression::SlopeTStatistic() const {
  if (size_ < 3) return std::nullopt;
  const double n = static_cast<double>(size_);
  const Half whole = Whole();
  const std::optional<double> residual_squares =
      Significant(squares_ - ExplainedSquares(whole.sum, whole.weighted, size_));
  if (!residual_squares) return std::nullopt;
  return SlopeOf(whole.sum, whole.weighted, size_) / std::sqrt(*residual_squares / (n - 2) / SumSquaresX(n));
}

std::optional<double> WindowRegression::SlopeChangeTStatistic() const {
  if (size_ < kMinSlopeChangeSamples) return std::nullopt;
  const std::size_t first_size = size_ / 2;
  const std::size_t second_size = size_ - first_size;
  const std::optional<double> residual_squares =
      Significant(squares_ - ExplainedSquares(first_.sum, first_.weighted, first_size) -
                  ExplainedSquares(second_.sum, second_.weighted, second_size));
  if (!residual_squares) return std::nullopt;
  const double change =
      SlopeOf(second_.sum, second_.weighted, second_size) - SlopeOf(first_.sum, first_.weighted, first_size);
  const double per_variance =
      1 / SumSquaresX(static_cast<double>(first_size)) + 1 / SumSquaresX(static_cast<double>(second_size));
  return change / std::sqrt(*residual_squares / (static_cast<double>(size_) - 4) * per_variance);
}

std::optional<double> WindowRegression::Significant(double residual_squares) const {
  const double rounding = 4 * static_cast<double>(size_) * std::numeric_limits<double>::epsilon() * squares_;
  return residual_squares > rounding ? std::optional(residual_squares) : std::nullopt;
}

void WindowRegression::Reset() { *this = WindowRegression(window_); }

void WindowRegression::Save(StateWriter& out) const {
  out.U64(window_);
  out.U64(size_);
  out.U64(until_refresh_);
  for (const double value :
       {scale_, anchor_, first_.sum, first_.weighted, second_.sum, second_.weighted, squares_, peak_squares_}) {
    out.F64(value);
  }
}

bool WindowRegression::Load(StateReader& in, std::size_t available) {
  const std::uint64_t window = in.U64();
  const std::uint64_t size = in.U64();
  const std::uint64_t until_refresh = in.U64();
  for (double* value :
       {&scale_, &anchor_, &first_.sum, &first_.weighted, &second_.sum, &second_.weighted, &squares_, &peak_squares_}) {
    *value = in.F64();
    if (!std::isfinite(*value)) in.Fail();
  }
  const bool fits = window == window_ && size == std::min<std::uint64_t>(window, available) &&
                    until_refresh <= std::max(window, std::uint64_t{kMinRefreshInterval}) &&
                    (until_refresh > 0 || size == 0) && scale_ > 0;
  if (!fits) in.Fail();
  if (!in.ok()) {
    Reset();
    return false;
  }
  size_ = static_cast<std::uint32_t>(size);
  until_refresh_ = static_cast<std::uint32_t>(until_refresh);
  return true;
}

}  // namespace lossd::core
