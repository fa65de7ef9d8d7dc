#include "core/regime/oscillation.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/regime/periodogram.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::size_t kEvery = 16;     // blocks between examinations of a scale
constexpr std::size_t kEveryWave = 8;  // the same, where the last one found something
constexpr std::size_t kInRow = 2;      // examinations that must agree
constexpr double kShare = 0.7;         // of the power in two neighbouring frequencies
constexpr double kLeastShare = 0.55;   // the same, where their harmonics make up for it
constexpr double kSharedShare = 0.8;   // of the power in both
constexpr std::size_t kHarmonics = 3;  // those above carry little in block means
constexpr double kRedness = 6;         // times the power below them
constexpr double kMinAmplitude = 1;    // noise deviations of a single sample
constexpr double kHold = 0.6;          // of these three that keeps the verdict

// Of the two frequencies that `frequency` lies between.
double PowerNear(const Periodogram& power, double frequency) {
  const auto k = static_cast<std::size_t>(frequency);
  return (k <= Periodogram::kFrequencies ? power[k] : 0) + (k < Periodogram::kFrequencies ? power[k + 1] : 0);
}

}  // namespace

void Oscillation::Update(const MultiscaleTrend& ladder, std::uint32_t evaluated, double noise) {
  for (; evaluated != 0; evaluated &= evaluated - 1) {
    const auto scale = static_cast<std::size_t>(std::countr_zero(evaluated));
    const bool holding = active_scale_ == scale;
    if (ladder.Position(scale) % (holding || in_row_[scale] > 0 ? kEveryWave : kEvery) != 0) continue;
    const Finding finding = Examine(ladder.Recent(scale), scale, noise, holding ? kHold : 1);
    if (!finding.present) {
      in_row_[scale] = 0;
      if (holding) active_scale_ = MultiscaleTrend::kScales;
      continue;
    }
    in_row_[scale] = static_cast<std::uint8_t>(std::min<std::size_t>(in_row_[scale] + 1U, kInRow));
    if (in_row_[scale] < kInRow || (active() && !holding)) continue;
    active_scale_ = scale;
    period_ = finding.period_samples;
    amplitude_ = holding ? std::max(amplitude_, finding.amplitude) : finding.amplitude;
  }
}

Oscillation::Finding Oscillation::Examine(const MultiscaleTrend::Blocks& blocks, std::size_t scale, double noise,
                                          double strictness) {
  const Periodogram power(blocks);
  const double peak = power.Peak(), total = power.Total();
  // Noise ends here: which frequencies it favoured is of no interest, and nothing that could be foreseen.
  if (!(total > 0 && peak >= strictness * kLeastShare * total)) return {};
  std::size_t at = Periodogram::kLowest;
  while (at + 1 < Periodogram::kFrequencies && power[at] + power[at + 1] < peak) ++at;
  const double frequency = static_cast<double>(at) + power[at + 1] / peak;
  double explained = peak;
  if (peak < strictness * kShare * total) {
    for (std::size_t i = 2; i <= kHarmonics; ++i) explained += PowerNear(power, static_cast<double>(i) * frequency);
    if (explained < strictness * kSharedShare * total) return {};
  }
  double below = 0;
  for (std::size_t k = 1; k < at; ++k) below += power[k];
  constexpr double n = MultiscaleTrend::kBlocks;
  const double samples = static_cast<double>(std::size_t{1} << scale);
  const double amplitude = 2 / n * std::sqrt(peak);
  // What is left is noise of block means; a single sample has 2^scale times its variance. Where a strong wave leaks
  // into it, the noise of single samples is the lesser one.
  const double left = std::sqrt(2 * (total - explained) / (n * n) * samples * (n / 2) / (n / 2 - 2));
  Finding finding;
  finding.present =
      peak >= strictness * kRedness * below && amplitude >= strictness * kMinAmplitude * std::min(left, noise);
  finding.period_samples = n / frequency * samples;
  finding.amplitude = amplitude;
  return finding;
}

void Oscillation::Clear() { *this = Oscillation(); }

void Oscillation::Save(StateWriter& out) const {
  for (const std::uint8_t count : in_row_) out.U64(count);
  out.U64(active_scale_);
  out.F64(period_);
  out.F64(amplitude_);
}

bool Oscillation::Load(StateReader& in) {
  for (std::uint8_t& count : in_row_) count = static_cast<std::uint8_t>(in.U64());
  active_scale_ = in.U64();
  period_ = in.F64();
  amplitude_ = in.F64();
  if (!in.ok() || active_scale_ > MultiscaleTrend::kScales) Clear();
  return in.ok();
}

}  // namespace lossd::core
