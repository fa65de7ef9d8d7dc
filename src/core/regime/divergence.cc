#include "core/regime/divergence.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/regime/rise_remainder.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kRisingZ = 7;             // on the finest scale
constexpr double kRisingZPerScale = 0.95;  // less on each coarser one, of which a run holds half as many chances to err
constexpr double kMinTailRise = 0.3;       // of the deviation that the upper tail implies
constexpr std::size_t kTailWindow = 256;
constexpr double kLeastRisingZ = 3.25;
constexpr std::uint64_t kPersist = 2;      // evaluations in a row
constexpr std::uint64_t kFinePersist = 3;  // on the fine scales, where bumps pass
constexpr double kCertainZ = 6;
constexpr double kMinRise = 0.5;     // noise deviations over the window
constexpr double kBlindPeriods = 4;  // of an oscillation: shorter windows see its slopes
// A line through a step rises by 1.5 times its height, and the onset of a wave lifts the mean by up to its
// peak-to-peak.
constexpr double kSwing = 3;
// A loss that has not fallen by so many noise deviations since its start has shown no meaning in its trend yet: its
// rise must be plain, and plainer still where it has done nothing but wander, as adversarial losses do.
constexpr double kLearned = 1;
constexpr std::size_t kHeldScale = 2;  // 128 samples: a dip does not count as fallen
constexpr double kMinRiseSteady = 3;
constexpr double kMinRiseWandering = 20;
// Enough of a loss far from zero, where it is so much beside what it has wandered: it has only gone up.
constexpr double kMinRiseOnly = 4.5, kRiseOfSwings = 3, kFarFromZero = 20;
constexpr double kSteadyRise = 1;
constexpr double kSteadyScatter = 1.5;
constexpr std::uint32_t kReturnSamples = 64;
constexpr std::uint64_t kSettled = 2000;  // without a further rise: the new level is accepted, unless
constexpr double kBlownUp = 0.5;          // of the loss higher

}  // namespace

void Divergence::Update(const MultiscaleTrend& ladder, std::uint32_t evaluated, const SpikeDetector& excursion,
                        const Oscillation& oscillation, const Signs& signs) {
  const double level = signs.level, noise = signs.noise;
  if (evaluated != 0) Learn(ladder, noise);
  const double blind = oscillation.active() ? kBlindPeriods * oscillation.period_samples() : 0;
  const double swing = oscillation.active() ? kSwing * oscillation.amplitude() : 0;
  const bool learned = started_ && start_ - lowest_ >= kLearned * std::max(noise, noise_at_lowest_);
  const double least = std::max(learned ? kMinRise * noise : LeastUnlearned(noise, signs.swing), swing);
  bool proven = false;
  double from = level;
  for (; evaluated != 0; evaluated &= evaluated - 1) {
    const auto scale = static_cast<std::size_t>(std::countr_zero(evaluated));
    if (static_cast<double>(MultiscaleTrend::Window(scale)) < blind) continue;
    const ScaleTrend& trend = ladder.trend(scale);
    const bool rises =
        trend.usable &&
        trend.RisesBy(std::max(kLeastRisingZ, kRisingZ - kRisingZPerScale * static_cast<double>(scale))) &&
        trend.rise >= std::max(least, trend.window <= kTailWindow ? kMinTailRise * signs.tail_noise : 0);
    rising_[scale] =
        rises ? static_cast<std::uint8_t>(std::min<std::uint64_t>(rising_[scale] + 1U, kFinePersist)) : std::uint8_t{0};
    if (rising_[scale] >= (MultiscaleTrend::Fine(scale) ? kFinePersist : kPersist) ||
        (rises && trend.RisesBy(kCertainZ))) {
      proven = true;
      from = std::min(from, trend.mean - trend.rise / 2);
    }
  }
  if (!active_) {
    if (signs.excused) return;
    if (excursion.stays() && !oscillation.active()) {
      Enter(excursion.baseline(), level, excursion.noise());
    } else if (signs.climb > 0 && signs.climb >= least && !oscillation.active()) {
      Enter(signs.recent_median - signs.climb, level, noise);
    } else if (proven && !signs.returning) {
      Enter(from, level, noise);
    } else if (signs.floor_rise > 0 && learned && !oscillation.active()) {
      Enter(level - signs.floor_rise, level, noise);
    }
    return;
  }
  ++age_;
  const double now = ladder.trend(1).window > 0 ? ladder.trend(1).mean : level;
  peak_ = std::max(peak_, now);
  // A wave that comes and goes would make the verdict flicker: it takes over by the same persistence as a return.
  const bool swings = oscillation.active() && now - baseline_ <= swing;
  back_for_ = swings || now < kUndone.Level(baseline_, peak_, noise_) ? back_for_ + 1 : 0;
  if (age_ % kSettled == 0) {
    if (now <= checkpoint_ && now - baseline_ < kBlownUp * std::abs(baseline_)) active_ = false;
    checkpoint_ = now;
  }
  if (back_for_ >= kReturnSamples) active_ = false;
}

void Divergence::Learn(const MultiscaleTrend& ladder, double noise) {
  if (!started_ && ladder.trend(0).window > 0) {
    start_ = lowest_ = ladder.trend(0).mean;
    started_ = true;
  }
  if (const ScaleTrend& held = ladder.trend(kHeldScale); held.window > 0) {
    if (held.mean < lowest_) {
      lowest_ = held.mean;
      noise_at_lowest_ = noise;
    }
    steady_ |= std::abs(held.rise) <= kSteadyRise * noise && held.deviation <= kSteadyScatter * noise;
  }
}

double Divergence::LeastUnlearned(double noise, double swing) const {
  const double least = (steady_ ? kMinRiseSteady : kMinRiseWandering) * noise;
  if (std::abs(start_) < kFarFromZero * noise) return least;
  return std::min(least, std::max(kMinRiseOnly * noise, kRiseOfSwings * swing));
}

void Divergence::Enter(double baseline, double level, double noise) {
  active_ = true;
  age_ = 0;
  back_for_ = 0;
  baseline_ = baseline;
  noise_ = noise;
  peak_ = std::max(level, baseline + noise);
  checkpoint_ = level;
}

void Divergence::Clear() {
  active_ = false;
  noise_ = 0;
  age_ = back_for_ = 0;
  rising_ = {};
}

void Divergence::Save(StateWriter& out) const {
  for (const std::uint8_t count : rising_) out.U64(count);
  out.Bool(active_);
  out.Bool(started_);
  out.Bool(steady_);
  out.U64(age_);
  out.U64(back_for_);
  for (const double value : {baseline_, noise_, peak_, checkpoint_, start_, lowest_, noise_at_lowest_}) out.F64(value);
}

bool Divergence::Load(StateReader& in) {
  for (std::uint8_t& count : rising_) count = static_cast<std::uint8_t>(in.U64());
  active_ = in.Bool();
  started_ = in.Bool();
  steady_ = in.Bool();
  age_ = in.U64();
  back_for_ = static_cast<std::uint32_t>(in.U64());
  for (double* value : {&baseline_, &noise_, &peak_, &checkpoint_, &start_, &lowest_, &noise_at_lowest_})
    *value = in.F64();
  if (!in.ok()) *this = Divergence();
  return in.ok();
}

}  // namespace lossd::core
