// The last 32 values of a stream, and a line through them.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Held in single precision relative to an origin that follows them, so that what the values scatter by has its digits
/// at any level. A value costs a few instructions, a line a few hundred. No allocation.
class BlockWindow {
 public:
  static constexpr std::size_t kSize = 32, kHalf = kSize / 2;
  static constexpr double kCount = kSize;
  /// Sums of (x - mean(x))^2, over all and over a half.
  static constexpr double kSxx = kSize * (kSize * kSize - 1) / 12.0;
  static constexpr double kHalfSxx = kHalf * (kHalf * kHalf - 1) / 12.0;
  using Values = std::array<double, kSize>;

  void Push(double value) {
    if (next_ == 0 && !full_) origin_ = value;
    if (std::abs(value - origin_) > kFarOrigin * std::abs(value)) MoveOrigin(value);
    offsets_[next_] = OffsetOf(value, origin_);
    next_ = static_cast<std::uint8_t>((next_ + 1U) % kSize);
    if (next_ == 0) Wrap();
  }
  void Clear();

  /// 32 values were pushed. Nothing below means anything before.
  bool full() const { return full_; }
  /// Values pushed since Clear, of which whole windows are left out.
  std::size_t position() const { return next_; }
  /// Oldest first, less the oldest.
  Values Recent() const;

  /// The least-squares line.
  struct Line {
    double mean = 0;                           ///< of the values
    double slope = 0;                          ///< per value
    double first_slope = 0, second_slope = 0;  ///< of the lines through the older and through the newer half
    /// Mean squares of the differences between neighbours, and between every second value, around that slope.
    double step_variance = 0, stride_variance = 0;
  };
  Line Fit() const;

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  struct Fitted;
  static constexpr double kFarOrigin = 16;  ///< times the value, away from it: the origin costs it digits

  static float OffsetOf(double value, double origin) {
    constexpr double kMost = std::numeric_limits<float>::max() / 64;
    return static_cast<float>(std::clamp(value - origin, -kMost, kMost));
  }
  void Wrap();

  void MoveOrigin(double origin);
  void CopyRecent(double* out) const;

  double origin_ = 0;
  std::array<float, kSize> offsets_{};
  std::uint8_t next_ = 0;  ///< where the next value goes, over the oldest one
  bool full_ = false;
};

}  // namespace lossd::core
