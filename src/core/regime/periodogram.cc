#include "core/regime/periodogram.h"

#include <cmath>
#include <numbers>

namespace lossd::core {
namespace {

constexpr std::size_t kValues = Periodogram::kValues;

// The window folded twice about its middle, where x is 0. Cosines of odd and of even frequencies, and sines of both,
// each see one of the four ways in which values at -x, x, 16 - x and x - 16 can be added and subtracted.
constexpr std::size_t kFolded = kValues / 4;
using Folded = std::array<double, kFolded>;
struct Folds {
  Folded odd_cosine, odd_sine, even_cosine, even_sine;
};

// Takes the least-squares parabola out on the way, in the orthogonal basis of an equally spaced grid.
[[gnu::always_inline]] inline Folds DetrendAndFold(const std::array<double, kValues>& y) {
  constexpr std::size_t half = kValues / 2;
  constexpr double n = kValues;
  constexpr double mean_square = (n * n - 1) / 12;                     // of x
  constexpr double square_norm = n * (n * n - 1) * (n * n - 4) / 180;  // of x^2 - mean_square
  std::array<double, half> sums, differences;
  double sum = 0, linear = 0, square = 0;
  for (std::size_t i = 0; i < half; ++i) {
    const double x = static_cast<double>(i) + 0.5;
    sums[i] = y[half + i] + y[half - 1 - i];
    differences[i] = y[half + i] - y[half - 1 - i];
    sum += sums[i];
    linear += x * differences[i];
    square += (x * x - mean_square) * sums[i];
  }
  const double a = 2 * sum / n, b = 2 * linear / (n * mean_square), c = 2 * square / square_norm;
  for (std::size_t i = 0; i < half; ++i) {
    const double x = static_cast<double>(i) + 0.5;
    sums[i] -= a + c * (x * x - mean_square);
    differences[i] -= b * x;
  }
  Folds folds;
  for (std::size_t i = 0; i < kFolded; ++i) {
    folds.odd_cosine[i] = sums[i] - sums[half - 1 - i];
    folds.even_cosine[i] = sums[i] + sums[half - 1 - i];
    folds.odd_sine[i] = differences[i] + differences[half - 1 - i];
    folds.even_sine[i] = differences[i] - differences[half - 1 - i];
  }
  return folds;
}

}  // namespace

struct Periodogram::Transform {
  using Waves = std::array<Spectrum, kFolded>;
  struct WaveTable {
    Waves odd_cosine, odd_sine, even_cosine, even_sine;
  };

  // A wave at 2 pi k x / 32 for x = 0.5 ... 7.5: row by row, so that the inner loop of Project runs over the
  // frequencies.
  template <class Wave>
  static Waves MakeWaves(std::size_t first, Wave wave) {
    Waves waves;
    for (std::size_t i = 0; i < kFolded; ++i) {
      for (std::size_t j = 0; j < kLanes; ++j) {
        const double x = static_cast<double>(i) + 0.5, k = static_cast<double>(first + 2 * j);
        waves[i][j] = wave(2 * std::numbers::pi * k * x / static_cast<double>(kValues));
      }
    }
    return waves;
  }

  static WaveTable MakeWaveTable() {
    const auto cosine = [](double angle) { return std::cos(angle); };
    const auto sine = [](double angle) { return std::sin(angle); };
    return {MakeWaves(1, cosine), MakeWaves(1, sine), MakeWaves(2, cosine), MakeWaves(2, sine)};
  }

  // Squares of the sums of both products.
  [[gnu::always_inline]] static inline void Project(const Folded& cosine, const Waves& cosines, const Folded& sine,
                                                    const Waves& sines, Spectrum& power) {
    Spectrum re{}, im{};
    for (std::size_t i = 0; i < kFolded; ++i) re += cosine[i] * cosines[i];
    for (std::size_t i = 0; i < kFolded; ++i) im += sine[i] * sines[i];
    power = re * re + im * im;
  }

  [[gnu::always_inline]] static inline void Run(const std::array<double, kValues>& values, Periodogram& power) {
    static const WaveTable waves = MakeWaveTable();
    const Folds folds = DetrendAndFold(values);
    Project(folds.odd_cosine, waves.odd_cosine, folds.odd_sine, waves.odd_sine, power.odd_);
    Project(folds.even_cosine, waves.even_cosine, folds.even_sine, waves.even_sine, power.even_);
    power.even_[kLanes - 1] *= 0.5;
  }

#if defined(__x86_64__)
  [[gnu::target("avx2")]] static void RunWide(const std::array<double, kValues>& values, Periodogram& power) {
    Run(values, power);
  }
#endif
};

// The most arithmetic that a sample costs, and all of it in vectors: worth the wide ones of a machine that has them.
// Equal to the bit either way, since AVX2 alone fuses no product with a sum.
Periodogram::Periodogram(const std::array<double, kValues>& values) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) {
    Transform::RunWide(values, *this);
    return;
  }
#endif
  Transform::Run(values, *this);
}

}  // namespace lossd::core
