// Least-squares line over the last values of a ring, in O(1) per value: the sums behind velocity and acceleration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/ring.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Slopes over the last `window` values of a ring that the caller owns, and over the two halves of that window.
///
/// Kept per half [0, n/2), [n/2, n): sum(d) and sum(x * d) with d = (y - anchor) * scale, and sum(d^2) of the whole.
/// When the window slides, its oldest value leaves the first half and one value crosses the middle: three O(1) changes.
/// Exactness rests on three rules:
///  - the anchor is the window's mean at the last refresh, so that a level of 1e12 costs no digit of the noise on it;
///  - every `window` values the sums are computed afresh, so that rounding cannot build up;
///  - they are also computed afresh as soon as the values in the window are far smaller than what has passed
///    through the sums, so that a spike of 1e30 leaves nothing behind. Each such refresh needs the scale to have fallen
///    by a factor of 16, hence they are amortised O(1) as well.
/// `scale` is a power of two, which keeps squares within range for every finite double.
class WindowRegression {
 public:
  static constexpr std::size_t kDefaultWindow = 30;
  static constexpr std::size_t kMinSlopeSamples = 2;
  static constexpr std::size_t kMinSlopeChangeSamples = 6;

  /// `window` must be at least 2.
  explicit WindowRegression(std::size_t window);

  /// Takes the newest value of `losses`. The ring must hold more than `window` values once that many were pushed, all
  /// of them finite, and each push must be followed by one Update.
  void Update(const Ring<double>& losses);

  /// Takes up the newest values of `losses`, however many of them it has not seen: O(window).
  void Follow(const Ring<double>& losses);

  /// Least-squares slope per value; 0 with fewer than 2 values. Beyond the range of double: the largest double.
  double Slope() const;
  /// Slope of the second half minus slope of the first; 0 with fewer than 6 values.
  double SlopeChange() const;
  /// Slope divided by its standard error under independent residuals, sqrt(RSS / (n - 2) / Sxx). Absent with fewer than
  /// 3 values and where the residuals vanish against rounding (a constant, an exact line).
  std::optional<double> SlopeTStatistic() const;
  /// SlopeChange divided by its standard error when each half has its own line,
  /// sqrt((RSS1 + RSS2) / (n - 4) * (1 / Sxx1 + 1 / Sxx2)). Absent with fewer than 6 values and without residuals.
  std::optional<double> SlopeChangeTStatistic() const;

  void Reset();

  std::size_t window() const { return window_; }
  std::size_t size() const { return size_; }

  void Save(StateWriter& out) const;
  /// False where the bytes were not saved with this window over a ring with `available` values; then it is reset.
  bool Load(StateReader& in, std::size_t available);

 private:
  /// Moments of one half about the anchor, x from 0.
  struct Half {
    double sum = 0;       ///< sum of d
    double weighted = 0;  ///< sum of x * d

    void PushBack(double d, std::uint32_t size) {
      weighted += static_cast<double>(size) * d;
      sum += d;
    }
    void PopFront(double d) {
      sum -= d;
      weighted -= sum;  // every remaining x falls by one
    }
  };

  double Scaled(double loss) const { return loss * scale_ - anchor_; }
  double Unscaled(double slope) const;
  /// Nothing where it is no more than the rounding of the terms that it is the difference of.
  std::optional<double> Significant(double residual_squares) const;
  Half Whole() const;
  void Refresh(const Ring<double>& losses);

  std::uint32_t window_;
  std::uint32_t size_ = 0;
  std::uint32_t until_refresh_ = 0;
  double scale_ = 1;   ///< a power of two
  double anchor_ = 0;  ///< times scale_
  Half first_, second_;
  double squares_ = 0;       ///< sum of d^2 over the window
  double peak_squares_ = 0;  ///< largest squares_ since the last refresh
};

}  // namespace lossd::core
