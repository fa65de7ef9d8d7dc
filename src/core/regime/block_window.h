// The last 32 values of a stream, and the sums behind a line through them, in O(1) per value.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Kept are the moments of both halves, and the squares of first and second differences; the same change by a few terms
/// when a value enters and one leaves. They stay exact by the rules of WindowRegression: values count from an anchor
/// near them, everything is computed afresh once in 32 values, and at once where the spread has fallen far below what
/// has passed through the sums. No allocation.
class BlockWindow {
 public:
  static constexpr std::size_t kSize = 32, kHalf = kSize / 2;
  static constexpr double kCount = kSize;
  /// Sums of (x - mean(x))^2, over all and over a half.
  static constexpr double kSxx = kSize * (kSize * kSize - 1) / 12.0;
  static constexpr double kHalfSxx = kHalf * (kHalf * kHalf - 1) / 12.0;
  using Values = std::array<double, kSize>;

  void Push(double value);
  void Clear();

  /// 32 values were pushed. Nothing below means anything before.
  bool full() const { return full_; }
  /// Oldest first, less the oldest.
  Values Recent() const;

  double Mean() const { return anchor_ + (first_.sum + second_.sum) / kCount; }
  /// Of the least-squares line, per value: over all, over the older and over the newer half.
  double Slope() const {
    return (first_.Centred() + second_.Centred() + kCount / 4 * (second_.sum - first_.sum)) * (1 / kSxx);
  }
  double FirstSlope() const { return first_.Centred() * (1 / kHalfSxx); }
  double SecondSlope() const { return second_.Centred() * (1 / kHalfSxx); }
  /// Mean squares of the differences between neighbours, and between every second value, around a line of that slope.
  double StepVariance(double slope) const {
    const double total = FromOldest(kSize - 1) - FromOldest(0);
    return std::max(0.0, (step_squares_ - 2 * slope * total) * (1 / (kCount - 1)) + slope * slope);
  }
  double StrideVariance(double slope) const {
    const double total = (FromOldest(kSize - 1) - FromOldest(0)) + (FromOldest(kSize - 2) - FromOldest(1));
    return std::max(0.0, (stride_squares_ - 4 * slope * total) * (1 / (kCount - 2)) + 4 * slope * slope);
  }

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  /// Moments of one half about the anchor, x from 0.
  struct Half {
    double sum = 0;       ///< sum of d
    double weighted = 0;  ///< sum of x * d

    void Slide(double gone, double added);
    /// Sum of (x - mean(x)) * d.
    double Centred() const { return weighted - static_cast<double>(kHalf - 1) / 2 * sum; }
  };

  double FromOldest(std::size_t i) const { return values_[(next_ + i) % kSize]; }
  void Slide(double value);
  bool Outlived() const;
  void Refresh();

  Values values_{};
  double anchor_ = 0;
  Half first_, second_;
  double step_squares_ = 0;    ///< of v[i] - v[i - 1]
  double stride_squares_ = 0;  ///< of v[i] - v[i - 2]
  double squares_ = 0;         ///< of d
  double peak_squares_ = 0;    ///< largest squares_ since the last refresh
  std::uint8_t next_ = 0;      ///< where the next value goes, over the oldest one
  bool full_ = false;
};

}  // namespace lossd::core
