// The last fresh values of a series, and what they say of its noise and of the digits it is printed with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lossd::core {

class StateReader;
class StateWriter;

/// Held in single precision relative to an origin, the first value or a later one where the loss has come far nearer to
/// zero since: which costs half the memory and no digit that matters. No allocation.
class RecentValues {
 public:
  static constexpr std::size_t kCapacity = 96;

  static constexpr std::size_t kDifferences = 64;

  void Push(double value);
  void Clear();

  std::size_t size() const { return size_; }
  /// The value pushed `age` pushes ago, less origin(); `age` below size().
  float Offset(std::size_t age) const {
    const std::size_t at = next_ + kCapacity - 1 - age;
    return offsets_[at < kCapacity ? at : at - kCapacity];
  }
  /// The offsets of the newest `count` values, the newest first, into `out`; `count` is at most size().
  void Newest(std::size_t count, float* out) const;
  double Value(std::size_t age) const { return origin_ + static_cast<double>(Offset(age)); }
  double origin() const { return origin_; }

  /// Of the values pushed `age` ... `age + 4` pushes ago, or of as many as there are; the size must be above `age`.
  double MedianOfFive(std::size_t age = 0) const;

  /// Robust deviation of the differences between neighbours over the last `most` (at most 64), less their middle, as
  /// the noise of single values; 0 with fewer than 4 values. Deaf to trend and to outliers, and without the lag of a
  /// predictor.
  double DifferenceNoise(std::size_t most = kDifferences) const;
  /// The same from second differences between values `apart` pushes apart, which are deaf to a bend as well: what the
  /// values scatter by, also where neighbours are alike. 0 with too few values.
  double SecondDifferenceNoise(std::size_t apart) const;
  /// Smallest difference between neighbours among the last 64 that is not 0: what a printed digit is worth, or less;
  /// 0 where all are equal.
  double LeastStep() const;

  void Save(StateWriter& out) const;
  bool Load(StateReader& in);

 private:
  void MoveOrigin(double origin);

  double origin_ = 0;
  std::array<float, kCapacity> offsets_{};
  std::uint8_t next_ = 0, size_ = 0;
};

}  // namespace lossd::core
