#include "core/oscillation.h"

#include <algorithm>
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
constexpr std::size_t kLowest = 3;   // whole periods in the window

// cos and sin of 2 pi i k / 32, for i = 1 ... 15 and k = 1 ... 16: row by row, so that the inner loop runs over the
// frequencies.
struct Waves {
  std::array<std::array<double, kFrequencies>, kBlocks / 2> cosine{}, sine{};
  Waves() {
    for (std::size_t i = 0; i < kBlocks / 2; ++i) {
      for (std::size_t k = 0; k < kFrequencies; ++k) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(i * (k + 1) % kBlocks) / static_cast<double>(kBlocks);
        cosine[i][k] = std::cos(angle);
        sine[i][k] = std::sin(angle);
      }
    }
  }
};

// Squared moduli of the discrete Fourier transform at frequencies 1 ... 16.
std::array<double, kFrequencies> Powers(const std::array<double, kBlocks>& y) {
  static const Waves waves;
  // As many frequencies at a time as their sums fit into registers.
  constexpr std::size_t kLanes = 8;
  static_assert(kFrequencies % kLanes == 0);
  std::array<double, kFrequencies> power;
  for (std::size_t first = 0; first < kFrequencies; first += kLanes) {
    std::array<double, kLanes> re, im{};
    for (std::size_t k = 0; k < kLanes; ++k) re[k] = k % 2 == 0 ? y[0] - y[kBlocks / 2] : y[0] + y[kBlocks / 2];
    for (std::size_t i = 1; i < kBlocks / 2; ++i) {
      const double even = y[i] + y[kBlocks - i], odd = y[i] - y[kBlocks - i];
      for (std::size_t k = 0; k < kLanes; ++k) {
        re[k] += even * waves.cosine[i][first + k];
        im[k] += odd * waves.sine[i][first + k];
      }
    }
    for (std::size_t k = 0; k < kLanes; ++k) power[first + k] = re[k] * re[k] + im[k] * im[k];
  }
  return power;
}

// Takes the least-squares parabola out, in the orthogonal basis of an equally spaced grid.
void Detrend(std::array<double, kBlocks>& y) {
  constexpr double n = kBlocks;
  constexpr double middle = (n - 1) / 2;
  constexpr double mean_square = (n * n - 1) / 12;
  double sum = 0, linear = 0, square = 0, square_norm = 0;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    const double x = static_cast<double>(i) - middle, q = x * x - mean_square;
    sum += y[i];
    linear += x * y[i];
    square += q * y[i];
    square_norm += q * q;
  }
  const double a = sum / n, b = linear / (n * mean_square), c = square / square_norm;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    const double x = static_cast<double>(i) - middle;
    y[i] -= a + b * x + c * (x * x - mean_square);
  }
}

}  // namespace

void Oscillation::Update(const DyadicLadder& ladder, std::uint32_t evaluated) {
  for (std::size_t scale = 0; scale < DyadicLadder::kScales; ++scale) {
    if ((evaluated >> scale & 1U) == 0 || ++since_[scale] < kEvery) continue;
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
  std::array<double, kBlocks> y = blocks;
  Detrend(y);
  const std::array<double, kFrequencies> powers = Powers(y);
  std::array<double, kFrequencies + 1> power{};
  double total = 0;
  for (std::size_t k = 1; k <= kFrequencies; ++k) {
    power[k] = powers[k - 1] * (k == kFrequencies ? 0.5 : 1);
    total += power[k];
  }
  if (!(total > 0)) return {};
  std::size_t at = kLowest;
  for (std::size_t k = kLowest; k < kFrequencies; ++k) {
    if (power[k] + power[k + 1] > power[at] + power[at + 1]) at = k;
  }
  const double best = power[at] + power[at + 1];
  double below = 0;
  for (std::size_t k = 1; k < at; ++k) below += power[k];
  constexpr double n = kBlocks;
  const double samples = static_cast<double>(std::size_t{1} << scale);
  const double amplitude = 2 / n * std::sqrt(best);
  // What is not in the peak is noise of block means; a single sample has 2^scale times its variance.
  const double noise = std::sqrt(2 * (total - best) / (n * n) * samples * (n / 2) / (n / 2 - 2));
  Finding finding;
  finding.share = best / total;
  finding.present = finding.share >= strictness * kShare && best >= strictness * kRedness * below &&
                    amplitude >= strictness * kMinAmplitude * noise;
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
