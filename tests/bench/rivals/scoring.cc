#include "bench/rivals/scoring.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lossd::bench {
namespace {

using core::Regime;

constexpr std::size_t kWithin = 1000;
constexpr std::size_t kMerge = 32;
constexpr std::size_t kSpikeTolerance = 10;
constexpr std::size_t kPlateauBurnIn = 300;
constexpr std::size_t kOscillatingBurnIn = 128;
constexpr std::size_t kMinInjectedSamples = 2000;

bool Near(std::size_t a, std::size_t b, std::size_t tolerance) { return (a > b ? a - b : b - a) <= tolerance; }

void CountBefore(Rate& rate, const std::string& run, const std::vector<std::size_t>& alarms, std::size_t end) {
  rate.samples += end;
  for (const std::size_t alarm : alarms) {
    if (alarm >= end) continue;
    ++rate.alarms;
    rate.where.emplace_back(run, alarm);
  }
}

void Note(Recall& recall, const std::string& run, std::optional<std::size_t> delay) {
  ++recall.all;
  if (delay) {
    recall.delays.push_back(*delay);
  } else {
    recall.missed.push_back(run);
  }
}

std::optional<std::size_t> FirstFrom(const std::vector<std::size_t>& at, std::size_t from, std::size_t to) {
  for (const std::size_t sample : at) {
    if (sample >= from && sample <= to) return sample - from;
  }
  return std::nullopt;
}

std::optional<std::size_t> DelayOf(const Timeline& said, core::Regime regime, std::size_t onset, std::size_t within) {
  if (said.Share(regime, onset, onset) > 0) return 0;
  return FirstFrom(said.Entries(regime), onset, onset + within);
}

void ScoreRun(const Curve& curve, const Timeline& said, Score& score) {
  const Label& label = curve.label;
  const std::string& kind = label.kind;
  const std::vector<std::size_t> diverging = said.Entries(core::Regime::kDiverging);
  const bool clean = kind == "healthy" || kind == "spike" || kind == "plateau" || kind == "restart";
  std::size_t clean_until = clean ? label.samples : label.clean_until.value_or(label.onset.value_or(0));
  if (kind == "lr_driven" || kind == "trendless") clean_until = label.samples;
  if (kind == "oscillate") clean_until = label.span->first;
  Rate& rate = kind == "lr_driven" ? score.lr_driven : kind == "trendless" ? score.trendless : score.false_divergence;
  CountBefore(rate, label.run, diverging, clean_until);

  if (kind == "healthy") {
    CountBefore(score.false_plateau, label.run, said.Entries(core::Regime::kPlateau), label.samples);
    CountBefore(score.false_oscillating, label.run, said.Entries(core::Regime::kOscillating), label.samples);
  }
  if (kind == "diverge") {
    std::optional<std::size_t> delay = DelayOf(said, core::Regime::kDiverging, *label.onset, kWithin);
    const auto broken = FirstFrom(said.Entries(core::Regime::kNonFinite), *label.onset, *label.onset + kWithin);
    if (!delay || (broken && *broken < *delay)) delay = broken;
    Note(score.divergence, label.run, delay);
  }
  if (kind == "nonfinite") {
    Note(score.non_finite, label.run,
         FirstFrom(said.Entries(core::Regime::kNonFinite), *label.onset, std::numeric_limits<std::size_t>::max()));
  }
  if (kind == "spike" || kind == "healthy") {
    for (const std::size_t truth : label.spikes) {
      const auto hit = std::find_if(said.spikes.begin(), said.spikes.end(),
                                    [&](std::size_t spike) { return Near(spike, truth, kSpikeTolerance); });
      Note(score.spikes, label.run,
           hit == said.spikes.end() ? std::nullopt : std::optional(*hit - std::min(*hit, truth)));
    }
    score.false_spike.samples += label.samples;
    for (const std::size_t spike : said.spikes) {
      const bool real = std::any_of(label.spikes.begin(), label.spikes.end(),
                                    [&](std::size_t truth) { return Near(spike, truth, kSpikeTolerance); });
      if (real) continue;
      ++score.false_spike.alarms;
      score.false_spike.where.emplace_back(label.run, spike);
    }
  }
  if (label.span && kind == "plateau") {
    score.plateau_shares.emplace_back(
        said.Share(core::Regime::kPlateau, label.span->first + kPlateauBurnIn, label.span->second), label.run);
  }
  if (label.span && kind == "oscillate") {
    score.oscillating_shares.emplace_back(
        said.Share(core::Regime::kOscillating, label.span->first + kOscillatingBurnIn, label.span->second), label.run);
  }
  if (kind == "restart") {
    ++score.restarts;
    score.restarts_announced += said.restarts.size() == 1 ? 1 : 0;
  }
}

std::optional<std::size_t> InjectionDelay(Injection injection, const Timeline& said, std::size_t start) {
  const auto near = [start](const std::vector<std::size_t>& at) {
    return std::find_if(at.begin(), at.end(), [start](std::size_t x) { return x + 10 >= start && x <= start + 100; });
  };
  const std::vector<std::size_t> entries = said.Entries(core::Regime::kDiverging);
  const bool diverged = near(entries) != entries.end();
  const auto spike = near(said.spikes);
  const bool spiked = spike != said.spikes.end();
  switch (injection) {
    case Injection::kWave:
      return FirstFrom(said.Entries(core::Regime::kOscillating), start, start + kWithin);
    case Injection::kFlat:
      return DelayOf(said, core::Regime::kPlateau, start, std::numeric_limits<std::size_t>::max() - start);
    case Injection::kSpike:
      return spiked && !diverged ? std::optional(*spike - std::min(*spike, start)) : std::nullopt;
    case Injection::kOutlier:
      return spiked || diverged ? std::nullopt : std::optional<std::size_t>(0);
    case Injection::kBlowup:
    case Injection::kDrift5:
    case Injection::kDrift2:
      return DelayOf(said, core::Regime::kDiverging, start, kWithin);
  }
  return std::nullopt;
}

}  // namespace

void Timeline::Mark(std::size_t sample, core::Regime regime) {
  const core::Regime last = regimes.empty() ? core::Regime::kWarmingUp : regimes.back().to;
  if (regime != last) regimes.push_back({sample, regime});
}

std::vector<std::size_t> Timeline::Entries(core::Regime regime) const {
  std::vector<std::size_t> entries;
  std::optional<std::size_t> last;
  core::Regime before = core::Regime::kWarmingUp;
  for (const Change& change : regimes) {
    if (change.to == regime) {
      if (!last || change.sample - *last > kMerge) entries.push_back(change.sample);
      last = change.sample;
    } else if (before == regime) {
      last = change.sample;
    }
    before = change.to;
  }
  return entries;
}

double Timeline::Share(core::Regime regime, std::size_t first, std::size_t last) const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < regimes.size(); ++i) {
    if (regimes[i].to != regime) continue;
    const std::size_t end = i + 1 < regimes.size() ? regimes[i + 1].sample : last + 1;
    const std::size_t from = std::max(regimes[i].sample, first), to = std::min(end, last + 1);
    if (to > from) total += to - from;
  }
  return static_cast<double>(total) / static_cast<double>(std::max<std::size_t>(1, last + 1 - first));
}

double Recall::median_delay() const {
  if (delays.empty()) return std::nan("");
  std::vector<std::size_t> sorted = delays;
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? static_cast<double>(sorted[half])
                                : static_cast<double>(sorted[half - 1] + sorted[half]) / 2;
}

Score Evaluate(const Detector& detector, const std::vector<Curve>& curves, std::size_t injections,
               const std::string& task) {
  Score score;
  std::size_t spoilt = 0;
  for (const Curve& curve : curves) {
    if (!task.empty() && curve.label.task != task) continue;
    ScoreRun(curve, detector(curve.samples), score);
    if (curve.label.kind != "healthy" || curve.label.samples < kMinInjectedSamples || spoilt == injections) continue;
    ++spoilt;
    const std::size_t start = InjectionStart(curve.samples.size());
    for (const Injection injection : kInjections) {
      const Timeline said = detector(Inject(curve, injection).samples);
      Note(score.injected[static_cast<std::size_t>(injection)], curve.label.run,
           InjectionDelay(injection, said, start));
    }
  }
  return score;
}

}  // namespace lossd::bench
