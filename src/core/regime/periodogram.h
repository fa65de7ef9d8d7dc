// The power of 32 equally spaced values by frequency.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace lossd::core {

/// Squared moduli of the discrete Fourier transform, after removal of the least-squares parabola. No allocation.
class Periodogram {
 public:
  static constexpr std::size_t kValues = 32;
  static constexpr std::size_t kFrequencies = kValues / 2;
  static constexpr std::size_t kLowest = 3;  ///< whole periods in the window that a peak has at least: an odd number

  explicit Periodogram(const std::array<double, kValues>& values);

  /// At `periods` in the window, 1 ... 16; half of it at 16, which has no mirror image.
  double operator[](std::size_t periods) const { return periods % 2 == 1 ? odd_[periods / 2] : even_[periods / 2 - 1]; }
  double Total() const {
    double odd = 0, even = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      odd += odd_[i];
      even += even_[i];
    }
    return odd + even;
  }
  /// The greatest sum of two neighbours.
  double Peak() const {
    double peak = 0;
    for (std::size_t i = kLowest / 2; i < kLanes; ++i) peak = std::max(peak, odd_[i] + even_[i]);
    for (std::size_t i = kLowest / 2; i + 1 < kLanes; ++i) peak = std::max(peak, even_[i] + odd_[i + 1]);
    return peak;
  }

 private:
  // Of every other frequency, 1, 3 ... 15 or 2, 4 ... 16. A vector of the compiler's, since an array of doubles that
  // stays in registers is taken apart into single ones.
  static constexpr std::size_t kLanes = kFrequencies / 2;
  using Spectrum [[gnu::vector_size(kLanes * sizeof(double))]] = double;
  struct Transform;

  Spectrum odd_, even_;
};

}  // namespace lossd::core
