#include "core/series_tracker.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::int64_t kNoStep = RecentSteps::kNone;

std::vector<std::size_t> AllWindows(const TrackerOptions& options) {
  std::vector<std::size_t> windows = options.windows;
  windows.push_back(options.window);
  std::sort(windows.begin(), windows.end());
  windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
  return windows;
}

std::size_t LargestWindow(const TrackerOptions& options) { return AllWindows(options).back(); }

NonFiniteKind KindOf(double value) {
  if (std::isnan(value)) return NonFiniteKind::kNan;
  return value > 0 ? NonFiniteKind::kPosInf : NonFiniteKind::kNegInf;
}

/// Whether the run is to go back to a checkpoint from before this began.
bool AsksForCheckpoint(Regime regime) { return regime == Regime::kDiverging || regime == Regime::kNonFinite; }

std::string Seconds(std::chrono::nanoseconds duration) {
  return std::to_string(std::llround(std::chrono::duration<double>(duration).count())) + " s";
}

/// The step of a loss that is not finite, through all epochs: their counter is not asked, since what such a loss does
/// says nothing of it. `global` and `printed` are those of the sample before.
std::int64_t StepBehind(std::optional<std::int64_t> global, std::optional<std::int64_t> printed, std::int64_t step) {
  if (!global || global == printed) return step;
  const double ahead = static_cast<double>(step) - static_cast<double>(*printed);
  constexpr double kExact = 0x1p53;
  return ahead > 0 && ahead < kExact ? *global + static_cast<std::int64_t>(ahead) : *global;
}

}  // namespace

SeriesTracker::SeriesTracker(const TrackerOptions& options)
    : direction_(options.classifier.direction),
      losses_(LargestWindow(options)),
      steps_(LargestWindow(options)),
      trend_(options.half_life),
      classifier_(options.classifier) {
  const std::vector<std::size_t> windows = AllWindows(options);
  windows_.reserve(windows.size());
  for (const std::size_t window : windows) {
    if (window == options.window) default_window_ = static_cast<std::uint32_t>(windows_.size());
    windows_.emplace_back(window);
  }
}

std::span<const Event> SeriesTracker::Update(const Sample& sample, Instant now, Origin origin,
                                             const SeriesTracker* training) {
  events_.clear();
  const std::uint64_t index = samples_++;
  const Timestamp at = sample.time ? std::min(*sample.time, now.wall) : now.wall;
  if (index == 0) regime_start_ = at;

  if (origin == Origin::kLive) {
    rhythm_.Arrive(now.steady);
  } else {
    rhythm_.Interrupt();
  }
  last_sample_ = at;
  last_steady_ = now.steady;

  const Regime before = regime();
  const std::optional<double> training_level = training != nullptr ? training->level() : std::nullopt;
  const Findings findings = classifier_.Update(
      {sample.value, sample.step, sample.learning_rate, sample.gradient_norm, sample.epoch, training_level});
  // Its own counter knows a step an epoch, and not how many there are.
  const bool with_training = sample.step && training != nullptr && training->last_step_ == sample.step;
  if (with_training) {
    global_step_ = training->global_step_;
  } else if (sample.step) {
    global_step_ = findings.non_finite ? StepBehind(global_step_, last_step_, *sample.step) : classifier_.global_step();
  }
  if (findings.any()) Count(findings, sample, index);
  const bool masked = findings.non_finite && std::isfinite(sample.value);
  last_ = masked ? std::numeric_limits<double>::quiet_NaN() : sample.value;
  const std::optional<std::int64_t> global = sample.step ? global_step_ : std::nullopt;
  const std::int64_t place = global.value_or(kNoStep);
  const bool step_back = global && steps_.size() > 0 && steps_.FromNewest(0) != kNoStep && place < steps_.FromNewest(0);
  if (sample.step) {
    if (!first_step_) first_step_ = sample.step;
    last_step_ = sample.step;
  }
  if (step_back) rising_run_ = 0;
  if (!findings.non_finite) {
    ++rising_run_;
    losses_.Push(sample.value);
    steps_.Push(place);
    windows_behind_ = true;
    trend_.Update(sample.value);
    const bool better =
        !best_ || (direction_ == Direction::kLowerIsBetter ? sample.value < *best_ : sample.value > *best_);
    if (better) {
      best_ = sample.value;
      best_step_ = global;
    }
    if (training_level) gap_ = sample.value - *training_level;
  }

  stalled_ = false;
  if (regime() != before) EnterRegime(before, sample, index, at, classifier_.Why());
  ++regime_samples_[static_cast<std::size_t>(regime())];
  last_finite_ = !findings.non_finite;
  return events_;
}

std::span<const Event> SeriesTracker::Tick(Instant now, std::optional<std::chrono::nanoseconds> given) {
  events_.clear();
  const std::chrono::nanoseconds silence = now.steady - last_steady_;
  if (stalled_ || classifier_.regime() == Regime::kNonFinite || !SilenceTimeout()) return events_;
  const std::optional<std::chrono::nanoseconds> timeout = given ? given : SilenceTimeout();
  if (!timeout || silence <= *timeout) return events_;
  const Regime before = regime();
  stalled_ = true;
  stalled_after_ = silence;
  Sample last;
  last.value = *last_;
  last.step = last_step_;
  EnterRegime(before, last, samples_ - 1, now.wall,
              "no sample for " + Seconds(silence) + ", longer than " + Seconds(*timeout));
  return events_;
}

void SeriesTracker::End(Instant now) {
  if (!stalled_) return;
  stalled_ = false;
  regime_start_ = now.wall;
  ++transitions_[static_cast<std::size_t>(regime())];
}

void SeriesTracker::Count(const Findings& findings, const Sample& sample, std::uint64_t index) {
  if (findings.restart) {
    ++restarts_;
    Announce(Event::Kind::kRestart, sample, index).why = WentBack(sample);
  }
  if (findings.non_finite) {
    const bool masked = std::isfinite(sample.value);
    const NonFiniteKind kind = masked ? NonFiniteKind::kNan : KindOf(sample.value);
    ++nonfinite_[static_cast<std::size_t>(kind)];
    if (!nonfinite_step_ && sample.step) nonfinite_step_ = global_step_;
    if (last_finite_) {
      Announce(Event::Kind::kNonFinite, sample, index).why =
          masked ? classifier_.Why() : "the loss is " + std::string(Name(kind));
    }
  }
  if (findings.outlier) {
    ++outliers_;
    Announce(Event::Kind::kOutlier, sample, index).why = Excess(sample.value);
  }
  if (findings.spike) {
    ++spikes_;
    Event& event = Announce(Event::Kind::kSpike, sample, index);
    event.onset = findings.spike_onset;
    event.why = Excess(sample.value) + "; above its level since sample " + std::to_string(findings.spike_onset);
  }
}

std::string SeriesTracker::WentBack(const Sample& sample) const {
  if (sample.step && last_step_ && *sample.step <= *last_step_) {
    return "the step went back from " + std::to_string(*last_step_);
  }
  char text[64];
  std::snprintf(text, sizeof text, "the epoch went back to %.6g", sample.epoch.value_or(0));
  return text;
}

std::string SeriesTracker::Excess(double value) const {
  const double level = trend_.mean().value_or(value);
  char text[96];
  const std::optional<double> noise = classifier_.noise();
  if (noise && *noise > 0) {
    std::snprintf(text, sizeof text, "%.4g where the smoothed loss was %.4g: %+.1f noise deviations", value, level,
                  (value - level) / *noise);
  } else {
    std::snprintf(text, sizeof text, "%.4g where the smoothed loss was %.4g", value, level);
  }
  return text;
}

void SeriesTracker::EnterRegime(Regime from, const Sample& sample, std::uint64_t index, Timestamp at, std::string why) {
  regime_start_ = at;
  ++transitions_[static_cast<std::size_t>(regime())];
  if (!AsksForCheckpoint(from))
    trouble_step_ = AsksForCheckpoint(regime()) && sample.step ? global_step_ : std::nullopt;
  Event& event = Announce(Event::Kind::kRegime, sample, index);
  event.from = from;
  event.to = regime();
  event.velocity = default_window().Slope();
  event.acceleration = default_window().SlopeChange();
  event.why = std::move(why);
}

Event& SeriesTracker::Announce(Event::Kind kind, const Sample& sample, std::uint64_t index) {
  Event& event = events_.emplace_back();
  event.kind = kind;
  event.sample = index;
  event.step = sample.step ? global_step_ : std::nullopt;
  event.value = sample.value;
  return event;
}

std::optional<double> SeriesTracker::MeanStride(std::size_t size) const {
  if (size < 2 || rising_run_ < size) return std::nullopt;
  const std::int64_t newest = steps_.FromNewest(0);
  const std::int64_t oldest = steps_.FromNewest(size - 1);
  if (newest == kNoStep || oldest == kNoStep || newest <= oldest) return std::nullopt;
  return (static_cast<double>(newest) - static_cast<double>(oldest)) / static_cast<double>(size - 1);
}

std::span<const WindowRegression> SeriesTracker::windows() const {
  if (std::exchange(windows_behind_, false)) {
    for (WindowRegression& window : windows_) window.Follow(losses_);
  }
  return windows_;
}

WindowSnapshot SeriesTracker::Look(const WindowRegression& window) const {
  WindowSnapshot out;
  out.window = window.window();
  const std::optional<double> stride = MeanStride(window.size());
  if (window.size() >= WindowRegression::kMinSlopeSamples) {
    out.velocity = window.Slope();
    if (stride) out.velocity_per_step = *out.velocity / *stride;
  }
  if (window.size() >= WindowRegression::kMinSlopeChangeSamples) {
    out.acceleration = window.SlopeChange();
    if (stride) out.acceleration_per_step = *out.acceleration / *stride;
  }
  out.tstat = window.SlopeTStatistic();
  out.acceleration_tstat = window.SlopeChangeTStatistic();
  return out;
}

std::optional<double> SeriesTracker::ExcursionDeviations() const {
  if (!noise()) return std::nullopt;
  return classifier_.excursion_deviations();
}

std::optional<std::uint64_t> SeriesTracker::EvaluationsSinceBest() const {
  if (!evaluation() || !last_) return std::nullopt;
  return classifier_.evaluations_since_best();
}

std::optional<double> SeriesTracker::StepIntervalSeconds() const {
  const std::optional<double> of_a_sample = rhythm_.SecondsPerSample();
  if (!of_a_sample) return std::nullopt;
  return *of_a_sample / MeanStride(default_window().size()).value_or(1);
}

std::optional<LrAdvice> SeriesTracker::Advice() const {
  const LrAdvice advice = classifier_.Advice();
  if (advice.reason == LrAdviceReason::kKeep && !noise()) return std::nullopt;
  return advice;
}

void SeriesTracker::Prefetch(bool windows) const {
  constexpr std::size_t kLine = 64;
  const auto all = [](const void* begin, const void* end) {
    for (auto at = static_cast<const char*>(begin); at < end; at += kLine) __builtin_prefetch(at);
  };
  if (windows) return all(windows_.data(), windows_.data() + windows_.size());
  __builtin_prefetch(&trend_);
  all(&last_, this + 1);
}

SeriesSnapshot SeriesTracker::Snapshot() const {
  SeriesSnapshot snapshot;
  snapshot.windows.reserve(windows_.size());
  for (const WindowRegression& window : windows()) snapshot.windows.push_back(Look(window));
  snapshot.velocity_ema = velocity_ema();
  snapshot.noise = noise();
  snapshot.excursion_deviations = ExcursionDeviations();
  snapshot.loss = last_;
  snapshot.smoothed = smoothed();
  snapshot.best = best_;
  snapshot.role = role();
  snapshot.regime = regime();
  snapshot.regime_start = regime_start_;
  snapshot.transitions = transitions_;
  snapshot.regime_samples = regime_samples_;
  snapshot.samples = samples_;
  snapshot.outliers = outliers_;
  snapshot.spikes = spikes_;
  snapshot.restarts = restarts_;
  snapshot.nonfinite = nonfinite_;
  snapshot.first_step = first_step_;
  snapshot.last_step = last_step_;
  snapshot.nonfinite_step = nonfinite_step_;
  snapshot.gap = gap_;
  snapshot.evaluations_since_best = EvaluationsSinceBest();
  snapshot.best_step = best_step_;
  if (AsksForCheckpoint(classifier_.regime())) snapshot.trouble_step = trouble_step_;
  snapshot.step_interval_seconds = StepIntervalSeconds();
  snapshot.last_sample = last_sample_;
  snapshot.lr_advice = Advice();
  snapshot.why = stalled_ ? "no sample for " + Seconds(stalled_after_) : classifier_.Why();
  return snapshot;
}

std::vector<double> SeriesTracker::History() const {
  std::vector<double> losses;
  for (const auto part : losses_.Newest(default_window().size())) losses.insert(losses.end(), part.begin(), part.end());
  return losses;
}

}  // namespace lossd::core
