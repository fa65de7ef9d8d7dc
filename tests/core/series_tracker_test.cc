#include "core/series_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/reference_regression.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

/// One series and the clocks around it.
class Series {
 public:
  explicit Series(TrackerOptions options = {}) : tracker_(options) {}

  std::vector<Event> Log(double loss, std::optional<std::int64_t> step = {}, Origin origin = Origin::kLive) {
    Sample sample;
    sample.value = loss;
    sample.step = step;
    Pass(seconds(1));
    const auto events = tracker_.Update(sample, now_, origin);
    return {events.begin(), events.end()};
  }
  std::vector<Event> LogRegime(double loss, std::optional<std::int64_t> step = {}) {
    std::vector<Event> events = Log(loss, step);
    std::erase_if(events, [](const Event& event) { return event.kind != Event::Kind::kRegime; });
    return events;
  }
  std::vector<Event> Tick(std::chrono::nanoseconds silence) {
    Pass(silence);
    const auto events = tracker_.Tick(now_);
    return {events.begin(), events.end()};
  }
  void Pass(std::chrono::nanoseconds time) {
    now_.steady += time;
    now_.wall += time;
  }
  SeriesSnapshot Snapshot() const { return tracker_.Snapshot(); }
  WindowSnapshot Window(std::size_t size) const {
    for (const WindowSnapshot& window : Snapshot().windows) {
      if (window.window == size) return window;
    }
    ADD_FAILURE() << "no window of " << size;
    return {};
  }
  SeriesTracker& tracker() { return tracker_; }
  Instant now() const { return now_; }

 private:
  SeriesTracker tracker_;
  Instant now_{seconds(1000), Timestamp(hours(24 * 365 * 50))};
};

TEST(SeriesTracker, HasNothingBeforeTheFirstSample) {
  Series series;
  const SeriesSnapshot snapshot = series.Snapshot();
  EXPECT_THAT(snapshot.windows, SizeIs(3));
  EXPECT_FALSE(snapshot.windows[0].velocity || snapshot.windows[0].acceleration || snapshot.windows[0].tstat);
  EXPECT_FALSE(snapshot.loss || snapshot.best || snapshot.smoothed || snapshot.velocity_ema || snapshot.noise);
  EXPECT_FALSE(snapshot.last_step || snapshot.first_step || snapshot.nonfinite_step || snapshot.step_interval_seconds);
  EXPECT_EQ(snapshot.regime, Regime::kWarmingUp);
  EXPECT_THAT(series.tracker().History(), IsEmpty());
  EXPECT_THAT(series.Tick(hours(100)), IsEmpty());
}

TEST(SeriesTracker, ExportsEveryWindowOnceAndTheDefaultOneToo) {
  TrackerOptions options;
  options.window = 20;
  options.windows = {50, 7, 50};
  const Series series(options);
  std::vector<std::size_t> windows;
  for (const WindowSnapshot& window : series.Snapshot().windows) windows.push_back(window.window);
  EXPECT_THAT(windows, ElementsAre(7, 20, 50));
}

TEST(SeriesTracker, AgreesWithTheReferenceInEveryWindow) {
  Series series;
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal(3, 0.1);
  std::vector<double> losses;
  for (int i = 0; i < 300; ++i) {
    losses.push_back(normal(random));
    series.Log(losses.back());
    for (const std::size_t size : {10U, 30U, 100U}) {
      const WindowSnapshot window = series.Window(size);
      const ReferenceDynamics reference = FitReference(losses, size);
      EXPECT_EQ(window.velocity.has_value(), losses.size() >= 2);
      EXPECT_EQ(window.acceleration.has_value(), losses.size() >= 6);
      ASSERT_NEAR(window.velocity.value_or(0), static_cast<double>(reference.velocity), 1e-15);
      ASSERT_NEAR(window.acceleration.value_or(0), static_cast<double>(reference.acceleration), 1e-15);
    }
  }
  EXPECT_EQ(series.tracker().History(), std::vector<double>(losses.end() - 30, losses.end()));
}

TEST(SeriesTracker, DividesByTheMeanStride) {
  Series series;
  for (int i = 0; i < 12; ++i) series.Log(5 - 0.5 * i, 100 + 25 * i);
  EXPECT_DOUBLE_EQ(*series.Window(10).velocity_per_step, -0.02);
  EXPECT_NEAR(*series.Window(10).acceleration_per_step, 0, 1e-15);
}

TEST(SeriesTracker, HasNoPerStepFigureWithoutPositiveStride) {
  Series unstepped;
  Series repeated;
  Series partial;
  for (int i = 0; i < 12; ++i) {
    unstepped.Log(i);
    repeated.Log(i, 7);
    partial.Log(i, i < 11 ? std::optional<std::int64_t>(i) : std::nullopt);
  }
  EXPECT_FALSE(unstepped.Window(10).velocity_per_step);
  EXPECT_FALSE(repeated.Window(10).velocity_per_step);
  EXPECT_FALSE(partial.Window(10).velocity_per_step);
}

TEST(SeriesTracker, HasNoPerStepFigureWhileTheWindowSpansARestart) {
  Series series;
  for (int i = 0; i < 20; ++i) series.Log(9 - i, 100 + i);
  for (int i = 0; i < 9; ++i) {
    series.Log(5 - i, 110 + i);
    EXPECT_FALSE(series.Window(10).velocity_per_step) << i;
  }
  series.Log(-4, 119);
  EXPECT_DOUBLE_EQ(series.Window(10).velocity_per_step.value(), -1);
}

TEST(SeriesTracker, CountsARestartOnceAndTellsWhereItCameFrom) {
  Series series;
  for (int step = 0; step < 50; ++step) series.Log(3 + 0.1 * (step * step % 7), step);
  const std::vector<Event> events = series.Log(3, 20);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, Event::Kind::kRestart);
  EXPECT_EQ(events[0].sample, 50U);
  EXPECT_EQ(events[0].step, 20);
  EXPECT_THAT(events[0].why, HasSubstr("49"));
  EXPECT_THAT(series.Log(3.1, 21), IsEmpty());
  EXPECT_EQ(series.Snapshot().restarts, 1U);
  EXPECT_EQ(series.Snapshot().first_step, 0);
  EXPECT_EQ(series.Snapshot().last_step, 21);
}

TEST(SeriesTracker, TakesARepeatedStepAsASample) {
  Series series;
  for (int i = 0; i < 4; ++i) series.Log(i, 5);
  EXPECT_EQ(series.Snapshot().samples, 4U);
  EXPECT_EQ(series.Snapshot().restarts, 0U);
  EXPECT_THAT(series.tracker().History(), ElementsAre(0, 1, 2, 3));
}

TEST(SeriesTracker, EntersNonFiniteAtOnceAndKeepsTheWindow) {
  Series series;
  for (int i = 0; i < 10; ++i) series.Log(5 - 0.1 * i, i);
  const WindowSnapshot before = series.Window(10);
  const std::vector<Event> events = series.Log(kNan, 10);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, Event::Kind::kNonFinite);
  EXPECT_EQ(events[1].kind, Event::Kind::kRegime);
  EXPECT_EQ(events[1].to, Regime::kNonFinite);
  EXPECT_DOUBLE_EQ(events[1].velocity, -0.1);
  EXPECT_FALSE(events[1].why.empty());
  EXPECT_EQ(series.Window(10).velocity, before.velocity);

  EXPECT_THAT(series.Log(kInf, 11), IsEmpty()) << "the run of non-finite losses was announced";
  series.Log(-kInf, 12);
  series.Log(kNan, 13);
  const SeriesSnapshot snapshot = series.Snapshot();
  EXPECT_THAT(snapshot.nonfinite, ElementsAre(2, 1, 1));
  EXPECT_EQ(snapshot.nonfinite_step, 10);
  EXPECT_EQ(snapshot.samples, 14U);
  EXPECT_TRUE(std::isnan(*snapshot.loss));
  EXPECT_DOUBLE_EQ(*snapshot.best, 4.1);
  EXPECT_EQ(snapshot.regime_samples[static_cast<std::size_t>(Regime::kNonFinite)], 4U);
  EXPECT_EQ(snapshot.transitions[static_cast<std::size_t>(Regime::kNonFinite)], 1U);
}

TEST(SeriesTracker, KeepsAMaskedNanOutOfEveryWindow) {
  Series series;
  for (int i = 0; i < 10; ++i) series.Log(5 - 0.1 * i, i);
  const SeriesSnapshot before = series.Snapshot();
  Sample masked;
  masked.value = 0;
  masked.step = 10;
  masked.gradient_norm = kNan;
  const auto events = series.tracker().Update(masked, series.now());
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].kind, Event::Kind::kNonFinite);
  EXPECT_THAT(events[0].why, HasSubstr("masked"));
  const SeriesSnapshot after = series.Snapshot();
  EXPECT_EQ(after.windows[0].velocity, before.windows[0].velocity);
  EXPECT_EQ(after.smoothed, before.smoothed);
  EXPECT_EQ(after.velocity_ema, before.velocity_ema);
  EXPECT_DOUBLE_EQ(*after.best, 4.1);
  EXPECT_TRUE(std::isnan(*after.loss));
  EXPECT_THAT(after.nonfinite, ElementsAre(1, 0, 0));
  EXPECT_EQ(after.nonfinite_step, 10);
}

TEST(SeriesTracker, AnnouncesNonFiniteAgainAfterAFiniteLoss) {
  Series series;
  series.Log(1);
  series.Log(kNan);
  series.Log(1);
  EXPECT_THAT(series.Log(kNan), ::testing::Contains(::testing::Field(&Event::kind, Event::Kind::kNonFinite)));
}

TEST(SeriesTracker, KnowsTheBestInItsDirection) {
  TrackerOptions reward;
  reward.classifier.direction = Direction::kHigherIsBetter;
  Series loss;
  Series gain(reward);
  for (const double value : {3.0, 1.0, 7.0, 2.0}) {
    loss.Log(value);
    gain.Log(value);
  }
  EXPECT_EQ(loss.Snapshot().best, 1);
  EXPECT_EQ(gain.Snapshot().best, 7);
}

TEST(SeriesTracker, CountsPlacesThroughAllEpochs) {
  SeriesTracker series{TrackerOptions{}};
  std::vector<Event> told;
  for (int i = 0; i < 120; ++i) {
    Sample sample;
    sample.epoch = i / 50;
    sample.step = i % 50;
    sample.value = i == 110 || i == 111 ? kNan : 3 - 0.02 * std::min(i, 75) + 0.01 * (i % 3);
    const auto events = series.Update(sample, {});
    told.insert(told.end(), events.begin(), events.end());
  }
  const SeriesSnapshot snapshot = series.Snapshot();
  EXPECT_EQ(snapshot.last_step, 19) << "as printed";
  EXPECT_EQ(series.global_step(), 119);
  EXPECT_EQ(snapshot.best_step, 75);
  EXPECT_EQ(snapshot.nonfinite_step, 110);
  for (const Event& event : told) EXPECT_EQ(event.step, event.sample) << Name(event.kind);
}

TEST(SeriesTracker, StallsAfterFarLongerThanItsOwnRhythm) {
  Series series;
  for (int i = 0; i < 50; ++i) {
    series.Log(2, i);
    series.Pass(seconds(29));
  }
  EXPECT_THAT(series.Tick(seconds(269)), IsEmpty());
  const std::vector<Event> events = series.Tick(seconds(4));
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].to, Regime::kStalled);
  EXPECT_EQ(events[0].sample, 49U);
  EXPECT_EQ(events[0].step, 49);
  EXPECT_THAT(events[0].why, HasSubstr("302 s"));
  EXPECT_THAT(series.Tick(seconds(10)), IsEmpty()) << "told once";
  EXPECT_EQ(series.Snapshot().regime, Regime::kStalled);
  EXPECT_EQ(series.Snapshot().regime_start, series.now().wall - seconds(10));
}

TEST(SeriesTracker, LeavesStalledWithTheNextSample) {
  Series series;
  for (int i = 0; i < 50; ++i) series.Log(2, i);
  ASSERT_THAT(series.Tick(minutes(5)), SizeIs(1));
  const std::vector<Event> events = series.LogRegime(2, 50);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].from, Regime::kStalled);
  EXPECT_NE(series.Snapshot().regime, Regime::kStalled);
}

TEST(SeriesTracker, NeverStallsOnHistoryAlone) {
  Series series;
  for (int i = 0; i < 50; ++i) series.Log(2, i, Origin::kCatchUp);
  EXPECT_THAT(series.Tick(hours(10)), IsEmpty());
  EXPECT_FALSE(series.Snapshot().step_interval_seconds);
}

TEST(SeriesTracker, StaysNonFiniteInSilence) {
  Series series;
  for (int i = 0; i < 50; ++i) series.Log(2, i);
  series.Log(kNan);
  EXPECT_THAT(series.Tick(hours(3)), IsEmpty());
  EXPECT_EQ(series.Snapshot().regime, Regime::kNonFinite);
}

TEST(SeriesTracker, GivesTheIntervalOfOneStep) {
  Series series;
  for (int i = 0; i < 20; ++i) {
    series.Log(2, 10 * i);
    series.Pass(seconds(4));
  }
  EXPECT_NEAR(*series.Snapshot().step_interval_seconds, 0.5, 1e-3);
}

TEST(SeriesTracker, ShowsTheSendersTimeUnlessItIsInTheFuture) {
  Series series;
  Sample sample;
  sample.time = Timestamp(hours(1));
  series.tracker().Update(sample, series.now());
  EXPECT_EQ(series.Snapshot().last_sample, Timestamp(hours(1)));
  sample.time = series.now().wall + hours(1);
  series.tracker().Update(sample, series.now());
  EXPECT_EQ(series.Snapshot().last_sample, series.now().wall);
}

TEST(SeriesTracker, CountsEverySampleInOneRegime) {
  Series series;
  std::mt19937_64 random(8);
  std::normal_distribution<double> normal(0, 0.02);
  std::array<std::uint64_t, kRegimeCount> entered{};
  for (int i = 0; i < 2000; ++i) {
    for (const Event& event : series.LogRegime(2 + 5 * std::exp(-i / 300.0) + normal(random), i)) {
      ++entered[static_cast<std::size_t>(event.to)];
    }
  }
  const SeriesSnapshot snapshot = series.Snapshot();
  std::uint64_t total = 0;
  for (const std::uint64_t count : snapshot.regime_samples) total += count;
  EXPECT_EQ(total, 2000U);
  EXPECT_EQ(snapshot.transitions, entered);
}

void ExpectEqual(const SeriesSnapshot& a, const SeriesSnapshot& b) {
  ASSERT_EQ(a.windows.size(), b.windows.size());
  for (std::size_t i = 0; i < a.windows.size(); ++i) {
    EXPECT_EQ(a.windows[i].velocity, b.windows[i].velocity);
    EXPECT_EQ(a.windows[i].acceleration, b.windows[i].acceleration);
    EXPECT_EQ(a.windows[i].velocity_per_step, b.windows[i].velocity_per_step);
    EXPECT_EQ(a.windows[i].tstat, b.windows[i].tstat);
  }
  EXPECT_EQ(a.velocity_ema, b.velocity_ema);
  EXPECT_EQ(a.noise, b.noise);
  EXPECT_EQ(a.smoothed, b.smoothed);
  EXPECT_EQ(a.best, b.best);
  EXPECT_EQ(a.regime, b.regime);
  EXPECT_EQ(a.transitions, b.transitions);
  EXPECT_EQ(a.regime_samples, b.regime_samples);
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.outliers, b.outliers);
  EXPECT_EQ(a.spikes, b.spikes);
  EXPECT_EQ(a.nonfinite, b.nonfinite);
  EXPECT_EQ(a.nonfinite_step, b.nonfinite_step);
  EXPECT_EQ(a.step_interval_seconds, b.step_interval_seconds);
  EXPECT_EQ(a.why, b.why);
}

TEST(SeriesTracker, ContinuesEqualToTheBitOnAnotherClockAfterLoad) {
  for (const int before : {0, 1, 20, 137, 900}) {
    std::mt19937_64 random(6);
    std::normal_distribution<double> normal(0, 0.05);
    Series original;
    const auto loss = [&](int i) {
      return i % 211 == 210 ? kNan : i % 97 == 96 ? 9.0 : 2 + 5 / std::sqrt(i + 1.0) + normal(random);
    };
    for (int i = 0; i < before; ++i) original.Log(loss(i), i);
    StateWriter out;
    original.tracker().Save(out, original.now());

    Series loaded;
    loaded.Pass(hours(-7));
    StateReader in(out.bytes());
    ASSERT_EQ(loaded.tracker().Load(in, loaded.now()), SeriesTracker::Loaded::kAll) << before;
    EXPECT_TRUE(in.at_end());
    ExpectEqual(loaded.Snapshot(), original.Snapshot());
    for (int i = before; i < before + 500; ++i) {
      const double next = loss(i);
      EXPECT_EQ(loaded.Log(next, i).size(), original.Log(next, i).size());
    }
    ExpectEqual(loaded.Snapshot(), original.Snapshot());
    EXPECT_EQ(loaded.tracker().History(), original.tracker().History());
    EXPECT_EQ(loaded.Tick(seconds(121)).size(), original.Tick(seconds(121)).size());
    ExpectEqual(loaded.Snapshot(), original.Snapshot());
  }
}

TEST(SeriesTracker, IsUnchangedByAStateThatDoesNotFit) {
  Series saved;
  for (int i = 0; i < 40; ++i) saved.Log(i, i);
  StateWriter out;
  saved.tracker().Save(out, saved.now());

  TrackerOptions other;
  other.windows = {10, 50};
  Series loaded(other);
  StateReader in(out.bytes());
  EXPECT_EQ(loaded.tracker().Load(in, loaded.now()), SeriesTracker::Loaded::kUnfit);
  EXPECT_EQ(loaded.Snapshot().samples, 0U);
  loaded.Log(1);
  EXPECT_EQ(loaded.Snapshot().samples, 1U);

  for (std::size_t size = 0; size < out.bytes().size(); size += 8) {
    Series fresh;
    StateReader truncated(std::string_view(out.bytes()).substr(0, size));
    EXPECT_EQ(fresh.tracker().Load(truncated, fresh.now()), SeriesTracker::Loaded::kUnfit) << size;
    EXPECT_EQ(fresh.Snapshot().samples, 0U);
  }
}

/// Somebody has forged it: what no sample has begun cannot be silent.
TEST(SeriesTracker, LoadsNoRhythmWithoutASample) {
  const Instant now{seconds(10), {}};
  for (const bool forged : {false, true}) {
    ArrivalIntervals rhythm;
    if (forged) rhythm.Arrive(now.steady);
    StateWriter out;
    SeriesTracker(TrackerOptions{}).SaveDynamics(out);
    rhythm.Save(out, now.steady);
    out.Bool(false);
    for (int i = 0; i < 4; ++i) out.I64(0);  // the times
    StateReader in(out.bytes());
    SeriesTracker loaded(TrackerOptions{});
    EXPECT_EQ(loaded.Load(in, now), forged ? SeriesTracker::Loaded::kUnfit : SeriesTracker::Loaded::kAll);
    EXPECT_THAT(loaded.Tick({hours(1000), {}}), IsEmpty());
  }
}

}  // namespace
}  // namespace lossd::core
