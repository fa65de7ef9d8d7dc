#include "core/oscillation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::size_t kBlocks = DyadicLadder::kBlocks;
constexpr std::size_t kFrequencies = kBlocks / 2;
constexpr std::size_t kEvery = 4;    // blocks between examinations of a scale
constexpr std::size_t kInRow = 3;    // examinations that must agree
constexpr double kShare = 0.7;       // of the power in two neighbouring frequencies
constexpr double kRedness = 6;       // times the power below them
constexpr double kMinAmplitude = 1;  // noise deviations of a single sample
constexpr double kHold = 0.6;        // of these three that keeps the verdict
constexpr std::size_t kLowest = 3;   // whole periods in the window: an odd number

// The window folded twice about its middle, where x is 0. Cosines of odd and of even frequencies, and sines of both,
// each see one of the four ways in which values at -x, x, 16 - x and x - 16 can be added and subtracted.
constexpr std::size_t kFolded = kBlocks / 4;
using Folded = std::array<double, kFolded>;
struct Folds {
  Folded odd_cosine, odd_sine, even_cosine, even_sine;
};

// Takes the least-squares parabola out on the way, in the orthogonal basis of an equally spaced grid.
[[gnu::always_inline]] inline Folds DetrendAndFold(const std::array<double, kBlocks>& y) {
  constexpr std::size_t half = kBlocks / 2;
  constexpr double n = kBlocks;
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

// Of every other frequency, 1, 3 ... 15 or 2, 4 ... 16. A vector of the compiler's, since an array of doubles that
// stays in registers is taken apart into single ones.
constexpr std::size_t kLanes = kFrequencies / 2;
using Spectrum [[gnu::vector_size(kLanes * sizeof(double))]] = double;
using Waves = std::array<Spectrum, kFolded>;

// A wave at 2 pi k x / 32 for x = 0.5 ... 7.5: row by row, so that the inner loop of Project runs over the frequencies.
template <class Wave>
Waves MakeWaves(std::size_t first, Wave wave) {
  Waves waves;
  for (std::size_t i = 0; i < kFolded; ++i) {
    for (std::size_t j = 0; j < kLanes; ++j) {
      const double x = static_cast<double>(i) + 0.5, k = static_cast<double>(first + 2 * j);
      waves[i][j] = wave(2 * std::numbers::pi * k * x / static_cast<double>(kBlocks));
    }
  }
  return waves;
}

struct WaveTable {
  Waves odd_cosine, odd_sine, even_cosine, even_sine;
};

WaveTable MakeWaveTable() {
  const auto cosine = [](double angle) { return std::cos(angle); };
  const auto sine = [](double angle) { return std::sin(angle); };
  return {MakeWaves(1, cosine), MakeWaves(1, sine), MakeWaves(2, cosine), MakeWaves(2, sine)};
}

// Squares of the sums of both products.
[[gnu::always_inline]] inline void Project(const Folded& cosine, const Waves& cosines, const Folded& sine,
                                           const Waves& sines, Spectrum& power) {
  Spectrum re{}, im{};
  for (std::size_t i = 0; i < kFolded; ++i) re += cosine[i] * cosines[i];
  for (std::size_t i = 0; i < kFolded; ++i) im += sine[i] * sines[i];
  power = re * re + im * im;
}

// Squared moduli of the discrete Fourier transform at frequencies 1, 3 ... 15 and 2, 4 ... 16; half of the last, which
// has no mirror image.
struct Powers {
  Spectrum odd, even;
};

[[gnu::always_inline]] inline void Transform(const std::array<double, kBlocks>& blocks, Powers& power) {
  static const WaveTable waves = MakeWaveTable();
  const Folds folds = DetrendAndFold(blocks);
  Project(folds.odd_cosine, waves.odd_cosine, folds.odd_sine, waves.odd_sine, power.odd);
  Project(folds.even_cosine, waves.even_cosine, folds.even_sine, waves.even_sine, power.even);
  power.even[kLanes - 1] *= 0.5;
}

// The most arithmetic that a sample costs, and all of it in vectors: worth the wide ones of a machine that has them.
// Equal to the bit either way, since AVX2 alone fuses no product with a sum.
#if defined(__x86_64__)
[[gnu::target("avx2")]] void WideTransform(const std::array<double, kBlocks>& blocks, Powers& power) {
  Transform(blocks, power);
}

void FindPowers(const std::array<double, kBlocks>& blocks, Powers& power) {
  __builtin_cpu_supports("avx2") ? WideTransform(blocks, power) : Transform(blocks, power);
}
#else
void FindPowers(const std::array<double, kBlocks>& blocks, Powers& power) { Transform(blocks, power); }
#endif

}  // namespace

void Oscillation::Update(const DyadicLadder& ladder, std::uint32_t evaluated) {
  for (; evaluated != 0; evaluated &= evaluated - 1) {
    const auto scale = static_cast<std::size_t>(std::countr_zero(evaluated));
    if (++since_[scale] < kEvery) continue;
    since_[scale] = 0;
    const bool holding = active_scale_ == scale;
    const Finding finding = Examine(ladder.Recent(scale), scale, holding ? kHold : 1);
    if (!finding.present) {
      in_row_[scale] = 0;
      if (holding) active_scale_ = DyadicLadder::kScales;
      continue;
    }
    in_row_[scale] = static_cast<std::uint8_t>(std::min<std::size_t>(in_row_[scale] + 1U, kInRow));
    if (in_row_[scale] < kInRow || (active() && !holding)) continue;
    active_scale_ = scale;
    period_ = finding.period_samples;
    amplitude_ = holding ? std::max(amplitude_, finding.amplitude) : finding.amplitude;
  }
}

Oscillation::Finding Oscillation::Examine(const std::array<double, kBlocks>& blocks, std::size_t scale,
                                          double strictness) {
  Powers powers;
  FindPowers(blocks, powers);
  double odd = 0, even = 0, best = 0;
  for (std::size_t i = 0; i < kLanes; ++i) {
    odd += powers.odd[i];
    even += powers.even[i];
  }
  for (std::size_t i = kLowest / 2; i < kLanes; ++i) best = std::max(best, powers.odd[i] + powers.even[i]);
  for (std::size_t i = kLowest / 2; i + 1 < kLanes; ++i) best = std::max(best, powers.even[i] + powers.odd[i + 1]);
  // Noise ends here: which frequencies it favoured is of no interest, and nothing that could be foreseen.
  const double total = odd + even;
  if (!(total > 0 && best >= strictness * kShare * total)) return {};
  std::array<double, kFrequencies + 1> power{};  // by frequency; there is none at 0
  for (std::size_t i = 0; i < kLanes; ++i) {
    power[2 * i + 1] = powers.odd[i];
    power[2 * i + 2] = powers.even[i];
  }
  std::size_t at = kLowest;
  while (at + 1 < kFrequencies && power[at] + power[at + 1] < best) ++at;
  double below = 0;
  for (std::size_t k = 1; k < at; ++k) below += power[k];
  constexpr double n = kBlocks;
  const double samples = static_cast<double>(std::size_t{1} << scale);
  const double amplitude = 2 / n * std::sqrt(best);
  // What is not in the peak is noise of block means; a single sample has 2^scale times its variance.
  const double noise = std::sqrt(2 * (total - best) / (n * n) * samples * (n / 2) / (n / 2 - 2));
  Finding finding;
  finding.present = best >= strictness * kRedness * below && amplitude >= strictness * kMinAmplitude * noise;
  const double frequency = static_cast<double>(at) + power[at + 1] / best;
  finding.period_samples = n / frequency * samples;
  finding.amplitude = amplitude;
  return finding;
}

void Oscillation::Clear() { *this = Oscillation(); }

void Oscillation::Save(StateWriter& out) const {
  for (const std::uint8_t count : since_) out.U64(count);
  for (const std::uint8_t count : in_row_) out.U64(count);
  out.U64(active_scale_);
  out.F64(period_);
  out.F64(amplitude_);
}

bool Oscillation::Load(StateReader& in) {
  for (std::uint8_t& count : since_) count = static_cast<std::uint8_t>(in.U64());
  for (std::uint8_t& count : in_row_) count = static_cast<std::uint8_t>(in.U64());
  active_scale_ = in.U64();
  period_ = in.F64();
  amplitude_ = in.F64();
  if (!in.ok() || active_scale_ > DyadicLadder::kScales) Clear();
  return in.ok();
}

}  // namespace lossd::core
