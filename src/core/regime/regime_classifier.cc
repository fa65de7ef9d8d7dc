#include "core/regime/regime_classifier.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kStillUp = 5;                    // noise deviations above the level that the loss rose from
constexpr std::uint64_t kQuietAfterRestart = 64;  // values in which the sharp tests look for no rise
constexpr std::uint64_t kWarmUp = 16;
constexpr double kDigitNoise = 0.3;  // of a printed digit: what rounding to it looks like
constexpr std::uint64_t kUntrained = 8;
constexpr std::size_t kEvaluations = 24;  // of which the noise is measured: they are few, and fall steeply at first
constexpr std::size_t kApart = 4;         // values, across which neighbours that are alike show what they scatter by
constexpr double kAlikeSpike = 6;         // deviations of that scatter: less is how it moves
constexpr double kAlikeScatter = 1.4;     // times what their differences show
constexpr double kWildDeviations = 8;     // from the median of five: what one value counts for at most, in the far view
constexpr double kWarmStart = 0.3;        // of the loss: a run that begins as near to the one before goes on from it
constexpr double kSlowRise = 0.001;       // of the loss: less matters to nobody
constexpr std::uint8_t kUnfounded = 24;   // values in a row on which a rise does not stand, when it is over
constexpr double kFarUp = 0.5;            // of the loss that it rose from
constexpr double kSlowDigits = 3;
constexpr double kSmoothed = 0.5;            // correlation of neighbours, or of the noise what their differences show:
constexpr double kSmoothedSwings = 3;        // then a rise must exceed so many of its swings
constexpr double kSmoothedRise = 0.02;       // and so much of the loss
constexpr std::uint64_t kSwingsKnown = 128;  // values before which nothing tells what swings are usual
constexpr double kSameBeginning = 0.1;       // of the height of the jump back to it
constexpr std::size_t kLast = 5, kHighOfLast = 3;  // values: so many of the last must be high,
constexpr double kHigh = 6, kHighest = 9;          // by so many deviations of what they scatter by, and one by those
constexpr double kBadBatches = 2;                  // times the highest single one before
constexpr double kLagged = 1.5;                    // times that: a noise that holds a predictor's lag
constexpr std::size_t kScatterKnown = 24;          // values, from which it is known
constexpr std::uint64_t kWake = 64;                // values: what a spike leaves behind is no second one
constexpr double kNewSwings = 2;                   // times the usual swings of old, from peak to peak
constexpr double kWaveAgain = 1.5;                 // times the largest wave that was told and ended
constexpr double kTenPeriods = 10;
constexpr double kTrendSwings = 2;  // times the noise a wave must be, and the fall over ten periods at most of it
constexpr std::uint64_t kEpochBegins = 5;  // values: its beginning
constexpr double kEpochBeat = 0.15;        // of the length of an epoch
constexpr double kFlatFall = 0.01;

/// Values from one measurement of the noise to the next, of which the last 64 tell it: powers of two.
std::uint64_t MeasureEvery(std::uint64_t count) {
  if (count < 48) return 1;
  if (count < 128) return 4;
  if (count < 1024) return 8;
  return count < 8192 ? 32 : 64;
}

/// Whether neighbours are alike by the sharp tests' measure; rounding hides how much they are.
bool Smoothed(const SignificanceTests& tests, double noise, double digit) {
  return static_cast<double>(tests.trend().trend(0).correlation) >= kSmoothed || noise <= digit;
}

/// Whether, `since` values ago, an average began anew: back to the `first` value of the run, and only down from there.
bool BeginsAnew(const RecentValues& recent, std::uint64_t since, double first) {
  if (since + 1 >= recent.size()) return false;
  const auto onset = static_cast<std::size_t>(since);
  const double before = recent.Value(onset + 1), highest = recent.Value(onset);
  if (std::abs(highest - first) > kSameBeginning * (highest - before)) return false;
  for (std::size_t age = 0; age < onset; ++age) {
    if (recent.Offset(age) > recent.Offset(age + 1)) return false;
  }
  return true;
}

/// Values since the first of three among the last five that stand far above those before, all by `deviation`, what they
/// scatter by; 0 where there are not so many. `level`: the median of those five.
std::uint64_t StandsOut(const RecentValues& recent, double level, double deviation) {
  if (recent.size() < kScatterKnown) return 0;
  // Three of five are high where the middle one is.
  const double before = recent.MedianOfFive(kLast);
  static_assert(kLast == 5 && kHighOfLast == 3);
  if ((level - before) / deviation < kHigh) return 0;
  std::uint64_t since = 0;
  std::size_t highest = 0;
  for (std::size_t age = 0; age < kLast; ++age) {
    const double height = (recent.Value(age) - before) / deviation;
    if (height < kHigh) continue;
    highest += height >= kHighest ? 1U : 0U;
    since = age + 1;
  }
  if (highest == 0) return 0;
  // Where bad batches are a habit, a few of them in a row are none.
  std::size_t high = 0;
  double usual = 0;
  for (std::size_t age = kLast; age + kLast < recent.size(); ++age) {
    usual = std::max(usual, recent.Value(age) - recent.MedianOfFive(age + 1));
  }
  for (std::size_t age = 0; age < kLast; ++age) high += recent.Value(age) - before >= kBadBatches * usual ? 1U : 0U;
  return high >= kHighOfLast ? since : 0;
}

}  // namespace

RegimeClassifier::RegimeClassifier(const ClassifierOptions& options) : options_(options) {}

Findings RegimeClassifier::Update(const Observation& observation) {
  Findings findings;
  ++samples_;
  gradients_.Update(observation.gradient_norm);
  const bool verdict = regime() == Regime::kDiverging || regime() == Regime::kNonFinite;
  const bool up = (verdict || rates_.trouble()) && RisenDeviations() >= kStillUp;
  rates_.Update(observation.learning_rate, verdict, up, gradients_.grows());
  masked_ = observation.value == 0 && gradients_.broken();
  if (!std::isfinite(observation.value) || masked_) {
    findings.non_finite = true;
    if (regime() != Regime::kNonFinite && recent_.size() > 0) {
      // To come back worse and stay so is a divergence, as it is after a resume.
      const Level before = PresentLevel();
      early_.Resume(before.value, before.noise);
      was_broken_ = true;
    }
    equal_.Break(true);
    verdict_.Enter(Regime::kNonFinite);
    return findings;
  }
  const double value = options_.direction == Direction::kLowerIsBetter ? observation.value : -observation.value;
  const Progress::Move move = progress_.Update(observation.step, observation.epoch, value, recent_);
  if (move != Progress::Move::kOnward) {
    findings.restart = true;
    Restart(value, move);
  }
  ++finite_;
  if (equal_.Update(value)) TakeFresh(value, observation, findings);
  verdict_.Settle(Judge(), fresh_, visible_.turned());
  if (regime() == Regime::kOscillating) {
    if (noise_ > 0) usual_swings_.Know(kWaveAgain * 2 / kNewSwings * tests_.oscillation().amplitude() / noise_);
  }
  return findings;
}

void RegimeClassifier::TakeFresh(double value, const Observation& observation, Findings& findings) {
  ++fresh_;
  recent_.Push(value);
  const double level = recent_.MedianOfFive();
  // Where an untrained loss goes is no measure; nor is what is told as a divergence.
  const bool diverging = early_.active() || tests_.divergence().active();
  if (diverging) swings_.Drop();
  const bool counts = fresh_ >= kUntrained && !diverging;
  if (counts) swings_.Update(level);
  usual_swings_.Update(level, noise_, fresh_, counts);
  if (const std::uint64_t every = MeasureEvery(fresh_); fresh_ % every == 0) Measure(fresh_ % (2 * every) == 0);
  const double reach = kWildDeviations * noise_;
  summary_.Push(noise_ > 0 ? std::clamp(value, level - reach, level + reach) : value);
  if (visible_.Looks(fresh_)) {
    visible_.Update(recent_, summary_, swings_, {.noise = noise_, .digit = digit()}, fresh_);
  }
  gate_.Update(observation.learning_rate, level);
  early_.Update(
      recent_, level, swings_, std::max(noise_, scatter()), fresh_,
      {.rise_expected = gate_.rise_expected(level, noise_), .alike = alike(), .waves = tests_.oscillation().active()});
  if (options_.evaluation) {
    std::optional<double> training = observation.training_level;
    if (training && options_.direction == Direction::kHigherIsBetter) *training = -*training;
    const double noise = std::max(recent_.DifferenceNoise(kEvaluations), kDigitNoise * digit());
    overfitting_.Update(recent_, noise, training);
  }
  const bool lone = fresh_ < kQuietAfterRestart && finite_ > fresh_;
  FindSpikes(value, tests_.Update(value, level, fresh_, lone, gate_, gradients_.surged(), swings_), findings);
  if (!tests_.divergence().active()) return;
  unfounded_ = SlowRiseStands() ? std::uint8_t{0} : static_cast<std::uint8_t>(unfounded_ + 1U);
  if (unfounded_ < (tests_.divergence().age() == 0 ? 1 : kUnfounded)) return;
  tests_.AcceptLevel();
  unfounded_ = 0;
}

void RegimeClassifier::Measure(bool scatter) {
  // Where none of the last values moved, a digit is worth what it was.
  if (const double step = recent_.LeastStep(); step > 0) digit_ = static_cast<float>(step);
  noise_ = std::max(recent_.DifferenceNoise(), kDigitNoise * digit());
  if (!scatter) return;
  scatter_before_ = scatter_;
  scatter_ = static_cast<float>(recent_.SecondDifferenceNoise(kApart));
}

void RegimeClassifier::FindSpikes(double value, const SignificanceTests::Excursion& found, Findings& findings) {
  findings.outlier = found.outlier;
  if (options_.profile == Profile::kTrendless) return;
  if (found.spike) {
    spikes_.Propose(samples_ - 1, found.since,
                    tests_.excursion().open() ? tests_.excursion().baseline() : tests_.level());
  }
  // Of a loss that falls, or just did, the noise that those tests know holds the lag of their predictor.
  const bool lately = spikes_.onset() > 0 && samples_ - spikes_.onset() < kWake;
  const bool diverging = early_.active() || tests_.divergence().active();
  const double deviation = std::max(noise_, scatter());
  if (!spikes_.waiting() && !lately && !diverging && !alike() && noise_ > 0 && tests_.noise() >= kLagged * deviation) {
    const std::uint64_t since = StandsOut(recent_, tests_.recent_median(), deviation);
    if (since > 0) spikes_.Propose(samples_ - 1, since, recent_.MedianOfFive(kLast));
  }
  if (!spikes_.waiting()) return;
  // Where an average begins anew with the epoch, its first values are of few samples and scatter.
  const bool smoothed = Smoothed(tests_, noise_, digit());
  const std::uint64_t epoch = progress_.epoch_samples(),
                      begins = smoothed ? std::max(kEpochBegins, epoch / 2) : kEpochBegins;
  const bool turn = epoch > 0 && progress_.since_turn() <= begins;
  // An excursion adds to the scatter that it is measured by.
  const double usual = (scatter() + static_cast<double>(scatter_before_)) / 2;
  const double least = usual > kAlikeScatter * noise_ ? kAlikeSpike * usual : 0;
  if (!spikes_.Update(samples_ - 1, value, turn, least)) return;
  if (smoothed && BeginsAnew(recent_, samples_ - 1 - spikes_.onset(), summary_.origin())) return;
  findings.spike = true;
  findings.spike_onset = spikes_.onset();
  std::rotate(last_spikes_.begin(), last_spikes_.begin() + 1, last_spikes_.end());
  last_spikes_.back() = static_cast<std::uint32_t>(samples_);
}

void RegimeClassifier::Restart(double value, Progress::Move move) {
  // A rate at which the loss diverged is no rate that the run has known to be good.
  if (rates_.trouble()) gate_ = LearningRateGate();
  const bool known = recent_.size() > 0;
  const Level before = known ? PresentLevel() : Level{value, noise_};
  const double change = std::abs(value - before.value);
  early_.Clear();
  if (known && (move == Progress::Move::kResumed || change <= kWarmStart * std::abs(before.value))) {
    early_.Resume(before.value, before.noise);
  }
  was_broken_ = false;
  tests_.Restart(value);
  equal_.Break();
  recent_.Clear();
  summary_.Clear();
  swings_.Clear();
  usual_swings_.Clear();
  visible_.Clear();
  overfitting_.Clear();
  spikes_.Clear();
  fresh_ = 0;
  if (move == Progress::Move::kBegun) finite_ = 0;
}

RegimeClassifier::Level RegimeClassifier::PresentLevel() const {
  if (early_.active()) return {early_.baseline(), early_.noise()};
  if (tests_.divergence().active()) return {tests_.divergence().baseline(), tests_.divergence().noise()};
  return {recent_.MedianOfFive(), noise_};
}

double RegimeClassifier::RisenDeviations() const {
  if (early_.active() && early_.noise() > 0) return (tests_.recent_median() - early_.baseline()) / early_.noise();
  if (was_broken_ && !tests_.divergence().active() && early_.level_before() && early_.noise_before() > 0) {
    return (recent_.Value(0) - *early_.level_before()) / early_.noise_before();
  }
  if (tests_.divergence().noise() <= 0) return 0;
  const double level = std::max(tests_.recent_median(), tests_.level());
  return (level - tests_.divergence().baseline()) / tests_.divergence().noise();
}

Regime RegimeClassifier::Judge() const {
  const Regime nothing = finite_ < kWarmUp ? Regime::kWarmingUp : Regime::kUndecided;
  const bool idle_part = options_.role == Role::kPart && recent_.size() > 0 && recent_.Value(0) == 0;
  if (equal_.constant() && !idle_part) return Regime::kConstant;
  if (options_.profile == Profile::kTrendless) return nothing;
  if (overfitting_.active()) return Regime::kOverfitting;
  if (early_.active() || tests_.divergence().active()) return Regime::kDiverging;
  if (Swings()) return Regime::kOscillating;
  if (Flat()) return Regime::kPlateau;
  if (visible_.falling()) return visible_.slowing() ? Regime::kConverging : Regime::kHealthy;
  return nothing;
}

bool RegimeClassifier::SlowRiseStands() const {
  const double from = tests_.divergence().baseline(), level = std::max(tests_.recent_median(), tests_.level());
  // A loss that blew up and settles on its way is not back.
  if (tests_.divergence().age() > 0 && level - from >= kFarUp * std::abs(from)) return true;
  if (visible_.falls_now()) return false;
  // Beside the noise of that time: a loss that blew up makes its own.
  if (early_.level_before() && level <= *early_.level_before() + 3 * early_.noise_before()) return false;
  double least = std::max(kSlowRise * std::abs(from), kSlowDigits * digit());
  const bool smoothed = Smoothed(tests_, noise_, digit());
  // Where an average begins anew with the epoch, its beginning says nothing.
  if (smoothed && progress_.epoch_samples() > 0 && progress_.since_turn() < progress_.epoch_samples() / 2) return false;
  if (smoothed) least = std::max({least, kSmoothedSwings * swings_.Largest(from), kSmoothedRise * std::abs(from)});
  // Of a loss around zero a share is nothing, so that its swings are the measure.
  if (!swings_.one_sided()) least = std::max(least, swings_.Largest(from));
  return level - from >= least;
}

bool RegimeClassifier::Swings() const {
  if (!tests_.oscillation().active()) return false;
  const double amplitude = tests_.oscillation().amplitude(), period = tests_.oscillation().period_samples();
  if (amplitude < std::max(digit(), noise_)) return false;
  // A wave that has always been there, or comes and goes, is how the run is made.
  const bool told = regime() == Regime::kOscillating;
  if (!told && fresh_ < kSwingsKnown) return false;
  if (!told && 2 * amplitude < kNewSwings * usual_swings_.Largest() * noise_) return false;
  if (visible_.falls()) {
    const double periods =
        kTenPeriods * period / static_cast<double>(std::max<std::uint64_t>(1, visible_.half_values()));
    // The predictor's noise takes in a wave that lasts.
    if (amplitude < std::max(kTrendSwings * noise_, told ? 0 : tests_.noise()) ||
        -visible_.half().rise * periods > kTrendSwings * amplitude)
      return false;
  }
  if (progress_.epoch_samples() > 1) {
    const auto epoch = static_cast<double>(progress_.epoch_samples());
    const double ratio = period >= epoch ? period / epoch : epoch / period;
    if (std::abs(ratio - std::round(ratio)) <= kEpochBeat * std::round(ratio) && ratio < 8.5) return false;
  }
  return true;
}

bool RegimeClassifier::Flat() const {
  if (equal_.stuck(finite_)) return true;
  if (visible_.falling() || visible_.turned()) return false;
  if (visible_.flat() || gate_.frozen()) return true;
  const BlockTrend& half = visible_.half();
  return tests_.plateau().active() && half.known && -half.rise <= kFlatFall * std::abs(half.mean);
}

bool RegimeClassifier::alike() const { return scatter() > kAlikeScatter * noise_; }

std::optional<double> RegimeClassifier::noise() const {
  if (!tests_.ready()) return std::nullopt;
  return tests_.noise();
}

void RegimeClassifier::Save(StateWriter& out) const {
  out.Bool(masked_);
  out.Bool(was_broken_);
  for (const std::uint64_t value : {samples_, finite_, fresh_}) out.U64(value);
  out.U64(unfounded_);
  for (const double value : {noise_, scatter(), static_cast<double>(scatter_before_), digit()}) out.F64(value);
  usual_swings_.Save(out);
  verdict_.Save(out);
  progress_.Save(out);
  equal_.Save(out);
  recent_.Save(out);
  summary_.Save(out);
  swings_.Save(out);
  visible_.Save(out);
  early_.Save(out);
  overfitting_.Save(out);
  tests_.Save(out);
  spikes_.Save(out);
  gate_.Save(out);
  gradients_.Save(out);
  rates_.Save(out);
  for (const std::uint32_t spike : last_spikes_) out.U64(spike);
}

bool RegimeClassifier::Load(StateReader& in) {
  masked_ = in.Bool();
  was_broken_ = in.Bool();
  for (std::uint64_t* value : {&samples_, &finite_, &fresh_}) *value = in.U64();
  unfounded_ = static_cast<std::uint8_t>(std::min<std::uint64_t>(in.U64(), kUnfounded));
  noise_ = in.F64();
  for (float* value : {&scatter_, &scatter_before_, &digit_}) *value = static_cast<float>(in.F64());
  usual_swings_.Load(in);
  verdict_.Load(in);
  progress_.Load(in);
  equal_.Load(in);
  recent_.Load(in);
  summary_.Load(in);
  swings_.Load(in);
  visible_.Load(in);
  early_.Load(in);
  overfitting_.Load(in);
  tests_.Load(in);
  spikes_.Load(in);
  gate_.Load(in);
  gradients_.Load(in);
  rates_.Load(in);
  for (std::uint32_t& spike : last_spikes_) spike = static_cast<std::uint32_t>(in.U64());
  if (!in.ok()) *this = RegimeClassifier(options_);
  return in.ok();
}

}  // namespace lossd::core
