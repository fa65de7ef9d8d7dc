#include "core/regime/significance_tests.h"

#include <algorithm>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kLadderFloor = 0.1;  // of the noise: what a block of single samples is credited with at least
constexpr std::uint64_t kMinDivergenceAge = 64;  // the first samples of a run have no level to rise from
constexpr std::uint32_t kSpikeWake = 64;         // what a spike leaves behind is no second one

}  // namespace

SignificanceTests::Excursion SignificanceTests::Update(double value, double recent_median, std::uint64_t count,
                                                       bool lone, const LearningRateGate& gate, bool gradient_surged,
                                                       const SwingMeter& swings) {
  if (since_spike_ < 0xFFFF'FFFF) ++since_spike_;
  const Excursion found = predictor_.ready() && !lone ? LookForExcursion(value, gradient_surged) : Excursion{};
  // A spike must not leave a slope behind: until an excursion has shown that it stays, the trend does not see it.
  const bool transient = excursion_.transient();
  const double expected = predictor_.predicted(), noise_before = predictor_.noise();
  const bool foreseen = predictor_.ready();
  const double winsorised = predictor_.Update(value, recent_median, transient);
  const double noise = predictor_.noise();
  const std::uint32_t evaluated = transient ? 0 : ladder_.Add(winsorised, kLadderFloor * noise);
  const double floor_rise = transient ? 0 : floor_.Update(winsorised);
  const double climb = foreseen && !lone ? climb_.Update(value, predictor_.recent_median(), expected, noise_before) : 0;
  if (count < MultiscaleTrend::kBlocks || lone) return found;
  if (evaluated != 0) oscillation_.Update(ladder_, evaluated, noise);
  const bool lawful = gate.rise_expected(predictor_.level(), noise);
  if (lawful && excursion_.open() && !excursion_.transient()) {
    // What the schedule lifted is the new level, also when the rate has come down again.
    predictor_.RestartLevel(predictor_.recent_median());
    excursion_.Close();
  }
  const bool told = climb > 0 || floor_rise > 0 || excursion_.stays();
  if (told || evaluated != 0 || divergence_.active()) {
    divergence_.Update(ladder_, evaluated, excursion_, oscillation_,
                       {.level = predictor_.level(),
                        .noise = noise,
                        .tail_noise = predictor_.tail_noise(),
                        .recent_median = predictor_.recent_median(),
                        .climb = climb,
                        .floor_rise = floor_rise,
                        .excused = lawful || count < kMinDivergenceAge,
                        .swing = swings.Largest(predictor_.level()),
                        .returning = excursion_.Returning(predictor_.recent_median())});
  }
  if (count % Plateau::kEvery == 0) plateau_.Update(ladder_, count, noise);
  return found;
}

SignificanceTests::Excursion SignificanceTests::LookForExcursion(double value, bool gradient_surged) {
  const SpikeDetector::Verdict verdict =
      excursion_.Update(value, std::max(predictor_.predicted(), predictor_.recent_median()), predictor_.noise(),
                        predictor_.tail_noise(), gradient_surged);
  const bool known = excursion_.announced() || divergence_.active() || since_spike_ < kSpikeWake;
  const bool lasts =
      run_.Update(value, predictor_.predicted(), predictor_.noise()) && !known && ladder_.trend(0).usable;
  Excursion found;
  found.outlier = verdict.outlier;
  found.spike = verdict.spike || lasts;
  found.since = lasts ? run_.length() : excursion_.age();
  if (found.spike) since_spike_ = 0;
  return found;
}

void SignificanceTests::Restart(double value) {
  ladder_.Clear();
  predictor_.RestartLevel(value);
  excursion_ = SpikeDetector();
  run_.Break();
  divergence_.Clear();
  floor_.Clear();
  climb_.Break();
  oscillation_.Clear();
  plateau_.Clear();
}

void SignificanceTests::AcceptLevel() {
  divergence_.Clear();
  excursion_.Close();
  climb_.Break();
  predictor_.RestartLevel(predictor_.recent_median());
}

void SignificanceTests::Save(StateWriter& out) const {
  predictor_.Save(out);
  ladder_.Save(out);
  excursion_.Save(out);
  run_.Save(out);
  divergence_.Save(out);
  floor_.Save(out);
  climb_.Save(out);
  oscillation_.Save(out);
  plateau_.Save(out);
  out.U64(since_spike_);
}

bool SignificanceTests::Load(StateReader& in) {
  predictor_.Load(in);
  ladder_.Load(in);
  excursion_.Load(in);
  run_.Load(in);
  divergence_.Load(in);
  floor_.Load(in);
  climb_.Load(in);
  oscillation_.Load(in);
  plateau_.Load(in);
  since_spike_ = static_cast<std::uint32_t>(in.U64());
  if (!in.ok()) *this = SignificanceTests();
  return in.ok();
}

}  // namespace lossd::core
