#include "core/job_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JobTableTest : public ::testing::Test {
 protected:
  std::optional<Rejection> Add(std::string_view job, double loss = 1, std::string name = "train") {
    return AddLabelled(job, {}, loss, std::move(name));
  }
  std::optional<Rejection> AddLabelled(std::string_view job, const Labels& labels, double loss = 1,
                                       std::string name = "train") {
    Sample sample;
    sample.loss = std::move(name);
    sample.value = loss;
    return table.Add(job, labels, sample, now).rejection;
  }
  JobTable::Ticked Tick(std::chrono::nanoseconds time) {
    Pass(time);
    return table.Tick(now);
  }
  void Pass(std::chrono::nanoseconds time) {
    now.steady += time;
    now.wall += time;
  }
  void Limit(JobLimits limits) { table.Reconfigure({}, limits, {}); }

  JobTable table{{}, {}};
  Instant now{seconds(5), Timestamp(hours(400000))};
};

TEST_F(JobTableTest, LetsTimePassForSomeJobsAfterTheOthers) {
  for (const char* job : {"a", "b", "c", "d", "e"}) Add(job);
  Pass(hours(1000));
  EXPECT_FALSE(table.Tick(now, 2).whole);
  EXPECT_EQ(table.jobs().begin()->first, "c");
  // What comes and goes meanwhile neither stops it nor is looked at twice.
  Add("b");
  table.Remove("c");
  EXPECT_THAT(table.Tick(now, 1).expired, ElementsAre("d"));
  const auto last = table.Tick(now, 1);
  EXPECT_TRUE(last.whole);
  EXPECT_THAT(last.expired, ElementsAre("e"));
  Pass(hours(1000));
  EXPECT_THAT(table.Tick(now, 1).expired, ElementsAre("b"));
  EXPECT_TRUE(table.Tick(now, 1).whole);
}

TEST_F(JobTableTest, CreatesJobsAndSeriesAtNeed) {
  EXPECT_FALSE(Add("a"));
  EXPECT_FALSE(Add("a", 2, "eval"));
  EXPECT_FALSE(Add("b"));
  EXPECT_THAT(table.jobs(), SizeIs(2));
  ASSERT_NE(table.Find("a"), nullptr);
  EXPECT_THAT(table.Find("a")->series, SizeIs(2));
  EXPECT_EQ(table.Find("a")->name, "a");
  EXPECT_EQ(table.Find("c"), nullptr);
}

TEST_F(JobTableTest, AnEvaluationStandsWhereItsTrainingDoes) {
  // "Epoch [2/3], Step [30/40], Loss: ..." and behind each epoch "Epoch 2: val_loss=...", which has the last step told.
  const auto add = [&](const char* job, double epoch, std::int64_t step, std::string name) {
    Sample sample;
    sample.loss = std::move(name);
    sample.value = 3 - epoch / 10 - static_cast<double>(step) / 1000;
    sample.epoch = epoch;
    sample.step = step;
    ASSERT_FALSE(table.Add(job, {}, sample, now).rejection);
  };
  for (int epoch = 1; epoch <= 3; ++epoch) {
    for (const char* job : {"a", "own"}) {
      for (const int step : {10, 20, 30, 40}) add(job, epoch, step, "train");
    }
    const std::optional<std::int64_t> trained = table.Find("a")->step;
    add("a", epoch, 40, "eval");
    EXPECT_EQ(table.Find("a")->step, trained);
    EXPECT_EQ(table.Find("a")->series.at("eval").global_step(), trained) << epoch;
    add("own", epoch, 7, "eval");  // counts batches of its own
    EXPECT_EQ(table.Find("own")->step, trained) << epoch;
  }
  EXPECT_EQ(table.Find("a")->step, 120);
}

TEST_F(JobTableTest, RemembersTheLastReadings) {
  Sample sample;
  sample.step = 7;
  sample.learning_rate = 3e-4;
  table.Add("a", {}, sample, now);
  sample = {};
  sample.epoch = 1.5;
  sample.gradient_norm = 0.8;
  table.Add("a", {}, sample, now);
  const Job& job = *table.Find("a");
  EXPECT_EQ(job.step, 7);
  EXPECT_EQ(job.learning_rate, 3e-4);
  EXPECT_EQ(job.epoch, 1.5);
  EXPECT_EQ(job.gradient_norm, 0.8);
}

TEST_F(JobTableTest, TheStepGoesOnWhereTheLossIsNotFinite) {
  table.KeepHistory({});
  Sample sample;
  for (const std::int64_t step : {10, 20, 30}) {
    sample.step = step;
    sample.value = step < 20 ? 2.0 : std::nan("");
    table.Add("a", {}, sample, now);
  }
  EXPECT_EQ(table.Find("a")->step, 30);
  EXPECT_EQ(table.Find("a")->histories.begin()->second->points().back().step, 30);
}

TEST_F(JobTableTest, HandsOutTheEventsOfTheSeries) {
  Sample sample;
  sample.value = std::nan("");
  EXPECT_THAT(table.Add("a", {}, sample, now).events, SizeIs(2));
}

TEST_F(JobTableTest, RefusesOneJobTooMany) {
  Limit({.max_jobs = 2});
  EXPECT_FALSE(Add("a"));
  EXPECT_FALSE(Add("b"));
  EXPECT_EQ(Add("c"), Rejection::kJobLimit);
  EXPECT_FALSE(Add("a"));
  EXPECT_TRUE(table.Remove("b"));
  EXPECT_FALSE(Add("c"));
}

TEST_F(JobTableTest, RefusesOneSeriesTooMany) {
  Limit({.max_series_per_job = 2});
  EXPECT_FALSE(Add("a", 1, "x"));
  EXPECT_FALSE(Add("a", 1, "y"));
  EXPECT_EQ(Add("a", 1, "z"), Rejection::kSeriesLimit);
  EXPECT_FALSE(Add("b", 1, "z"));
}

TEST_F(JobTableTest, RefusesSeriesBeyondWhatAllJobsMayHave) {
  Limit({.max_series = 3});
  EXPECT_FALSE(Add("a", 1, "x"));
  EXPECT_FALSE(Add("a", 1, "y"));
  EXPECT_FALSE(Add("b"));
  EXPECT_EQ(Add("a", 1, "z"), Rejection::kTotalSeriesLimit);
  EXPECT_EQ(Add("c"), Rejection::kTotalSeriesLimit);
  EXPECT_EQ(table.Find("c"), nullptr) << "a rejected sample leaves nothing behind";
  EXPECT_FALSE(Add("a", 2, "x"));
  table.Remove("a");
  EXPECT_EQ(table.series(), 1U);
  EXPECT_FALSE(Add("c", 1, "x"));
  EXPECT_FALSE(Add("c", 1, "y"));
  EXPECT_EQ(Add("c", 1, "z"), Rejection::kTotalSeriesLimit);
}

TEST_F(JobTableTest, RefusesLabelsBeyondWhatAllSeriesMayHave) {
  Limit({.max_label_bytes = 100});
  EXPECT_FALSE(AddLabelled("a", {{"team", std::string(40, 'x')}}));
  EXPECT_EQ(table.label_bytes(), 1U + 4 + 40 + 5);
  EXPECT_FALSE(Add("a", 1, "2nd")) << "a series more repeats the labels of its job";
  EXPECT_EQ(table.label_bytes(), 2 * 45U + 5 + 3);
  EXPECT_EQ(Add("a", 1, "3rd"), Rejection::kLabelSizeLimit);
  EXPECT_EQ(Add("b"), Rejection::kLabelSizeLimit);
  EXPECT_EQ(table.Find("b"), nullptr);
  EXPECT_EQ(AddLabelled("a", {{"team", std::string(42, 'x')}}), Rejection::kLabelSizeLimit);
  EXPECT_EQ(table.Find("a")->labels.at("team").size(), 40U);
  EXPECT_FALSE(AddLabelled("a", {{"team", std::string(41, 'x')}}));
  Limit({.max_label_bytes = 10});
  EXPECT_FALSE(AddLabelled("a", {{"team", "x"}})) << "what makes them smaller is taken";
  EXPECT_FALSE(AddLabelled("a", {{"team", ""}}));
  EXPECT_EQ(table.label_bytes(), 2 * 1U + 8);
  EXPECT_FALSE(Add("a"));
  table.Remove("a");
  EXPECT_EQ(table.label_bytes(), 0U);
}

TEST_F(JobTableTest, CountsWhatItLoadsToItsLimits) {
  AddLabelled("a", {{"team", "nlp"}}, 1, "x");
  Add("a", 1, "y");
  Add("b");
  StateWriter out;
  table.Save(out, now);
  JobTable loaded({}, {});
  StateReader in(out.bytes());
  ASSERT_TRUE(loaded.Load(in, now));
  EXPECT_EQ(loaded.series(), 3U);
  EXPECT_EQ(loaded.label_bytes(), table.label_bytes());
  EXPECT_THAT(loaded.Tick({now.steady + hours(100), now.wall + hours(100)}).expired, SizeIs(2));
  EXPECT_EQ(loaded.series(), 0U);
  EXPECT_EQ(loaded.label_bytes(), 0U);
}

TEST_F(JobTableTest, RefusesHostileNames) {
  using namespace std::string_literals;
  EXPECT_EQ(Add(""), Rejection::kBadJobName);
  EXPECT_EQ(Add("a\0b"s), Rejection::kBadJobName);
  EXPECT_EQ(Add("\xFF"), Rejection::kBadJobName);
  EXPECT_EQ(Add(std::string(257, 'a')), Rejection::kBadJobName);
  EXPECT_EQ(Add("a", 1, ""), Rejection::kBadSeriesName);
  EXPECT_EQ(Add("a", 1, "\xC0\xAF"), Rejection::kBadSeriesName);
  EXPECT_EQ(Add("a", 1, std::string(257, 'a')), Rejection::kBadSeriesName);
  EXPECT_THAT(table.jobs(), IsEmpty()) << "a rejected sample leaves nothing behind";
  EXPECT_FALSE(Add(std::string(256, 'a'), 1, "line\nbreak \"quoted\" \\ {}"));
}

TEST_F(JobTableTest, MergesLabelsAndTheNewestValueWins) {
  EXPECT_FALSE(AddLabelled("a", {{"team", "nlp"}, {"host", "n1"}}));
  EXPECT_FALSE(AddLabelled("a", {{"host", "n2"}, {"rack", ""}}));
  EXPECT_FALSE(Add("a"));
  EXPECT_EQ(table.Find("a")->labels, (Labels{{"host", "n2"}, {"team", "nlp"}}));
}

TEST_F(JobTableTest, TakesALabelBackByAnEmptyValue) {
  Limit({.max_labels = 2});
  EXPECT_FALSE(AddLabelled("a", {{"team", "nlp"}, {"host", "n1"}}));
  EXPECT_FALSE(AddLabelled("a", {{"host", ""}}));
  EXPECT_FALSE(AddLabelled("a", {{"rack", "7"}}));  // there is room again
  EXPECT_EQ(table.Find("a")->labels, (Labels{{"rack", "7"}, {"team", "nlp"}}));
}

TEST_F(JobTableTest, TakesNothingBackThatIsNotThere) {
  EXPECT_FALSE(AddLabelled("a", {{"team", "nlp"}}));
  const std::uint64_t before = table.arrangement();
  EXPECT_FALSE(AddLabelled("a", {{"host", ""}, {"team", "nlp"}}));
  EXPECT_EQ(table.arrangement(), before) << "a page made of a list of series need not list them anew";
  EXPECT_EQ(AddLabelled("a", {{"bad-name", ""}}), Rejection::kBadLabel);
}

TEST_F(JobTableTest, RefusesLabelsThatWouldSpoilTheScrape) {
  EXPECT_EQ(AddLabelled("a", {{"regime", "x"}}), Rejection::kBadLabel);
  EXPECT_EQ(AddLabelled("a", {{"training_job", "x"}}), Rejection::kBadLabel);
  EXPECT_EQ(AddLabelled("a", {{"my-label", "x"}}), Rejection::kBadLabel);
  EXPECT_EQ(AddLabelled("a", {{"__name__", "x"}}), Rejection::kBadLabel);
  EXPECT_EQ(AddLabelled("a", {{"ok", "\xFF"}}), Rejection::kBadLabel);
  EXPECT_EQ(AddLabelled("a", {{"ok", std::string(257, 'v')}}), Rejection::kBadLabel);
  EXPECT_THAT(table.jobs(), IsEmpty());
}

TEST_F(JobTableTest, RefusesOneLabelTooMany) {
  Limit({.max_labels = 2});
  EXPECT_FALSE(AddLabelled("a", {{"x", "1"}, {"y", "1"}}));
  EXPECT_FALSE(AddLabelled("a", {{"x", "2"}}));
  EXPECT_EQ(AddLabelled("a", {{"z", "1"}}), Rejection::kBadLabel);
  EXPECT_EQ(table.Find("a")->labels, (Labels{{"x", "2"}, {"y", "1"}}));
}

TEST_F(JobTableTest, ForgetsAJobThatIsSilentTooLong) {
  Add("old");
  Pass(minutes(30));
  Add("young");
  EXPECT_THAT(Tick(hours(23) + minutes(30)).expired, IsEmpty()) << "no rhythm is known yet";
  EXPECT_THAT(Tick(seconds(1)).expired, ElementsAre("old"));
  EXPECT_EQ(table.Find("old"), nullptr);
  EXPECT_NE(table.Find("young"), nullptr);
  EXPECT_EQ(table.expired_total(), 1U);
}

TEST_F(JobTableTest, ForgetsAFinishedJobSooner) {
  Add("a");
  EXPECT_TRUE(table.Finish("a", now));
  EXPECT_TRUE(table.Find("a")->finished());
  EXPECT_THAT(Tick(minutes(5)).expired, IsEmpty());
  EXPECT_THAT(Tick(seconds(1)).expired, ElementsAre("a"));
  EXPECT_FALSE(table.Finish("a", now));
}

TEST_F(JobTableTest, RevivesAFinishedJobWithItsNextSample) {
  Add("a");
  table.Finish("a", now);
  Pass(minutes(4));
  Add("a");
  EXPECT_FALSE(table.Find("a")->finished());
  EXPECT_THAT(Tick(minutes(30)).expired, IsEmpty());
}

TEST_F(JobTableTest, StartsAfreshAfterRemove) {
  Add("a");
  Add("a");
  EXPECT_TRUE(table.Remove("a"));
  EXPECT_FALSE(table.Remove("a"));
  Add("a");
  EXPECT_EQ(table.Find("a")->series.at("train").Snapshot().samples, 1U);
}

TEST_F(JobTableTest, ReportsStallsByJobAndLoss) {
  for (int i = 0; i < 20; ++i) {
    Pass(seconds(1));
    Add("hung");
    Add("done");
  }
  table.Finish("done", now);
  EXPECT_THAT(Tick(seconds(120)).stalls, IsEmpty());
  const auto ticked = Tick(seconds(1));
  ASSERT_THAT(ticked.stalls, SizeIs(1));
  EXPECT_EQ(ticked.stalls[0].job, "hung");
  EXPECT_EQ(ticked.stalls[0].loss, "train");
  EXPECT_EQ(ticked.stalls[0].event.to, Regime::kStalled);
  EXPECT_THAT(Tick(seconds(1)).stalls, IsEmpty());
}

/// Twenty samples, a second apart.
void Train(JobTable& table, Instant& now, const std::string& job) {
  for (int i = 0; i < 20; ++i) {
    now.steady += seconds(1);
    now.wall += seconds(1);
    table.Add(job, {}, Sample{}, now);
  }
}

TEST_F(JobTableTest, KeepsASlowJobForAsLongAsItsRhythmAsks) {
  for (int epoch = 0; epoch < 20; ++epoch) {
    Add("slow");
    for (int hour = 0; hour < 4; ++hour) {
      const auto ticked = Tick(hours(1));
      EXPECT_THAT(ticked.stalls, IsEmpty());
      EXPECT_THAT(ticked.expired, IsEmpty());
    }
  }
  EXPECT_EQ(table.Find("slow")->series.at("train").Snapshot().samples, 20U);
}

TEST_F(JobTableTest, KeepsWhatHasFailedOrStalledForADay) {
  Train(table, now, "failed");
  Train(table, now, "stalled");
  table.Fail("failed", {Failure::kCudaOutOfMemory, {"line"}, "line"}, now);
  EXPECT_THAT(Tick(hours(23)).expired, IsEmpty());
  EXPECT_EQ(table.Find("failed")->state, JobState::kFailed);
  EXPECT_EQ(table.Find("stalled")->series.at("train").regime(), Regime::kStalled);
  EXPECT_THAT(Tick(hours(2)).expired, ElementsAre("failed", "stalled"));
}

TEST_F(JobTableTest, BelievesInAFailureOnlyOnceTrainingDoesNotGoOn) {
  Train(table, now, "survives");
  Train(table, now, "dies");
  table.Suspect("survives", {Failure::kException, {}, "ValueError: caught"}, now);
  table.Suspect("dies", {Failure::kException, {}, "ValueError"}, now);
  Tick(seconds(10));
  Add("survives");
  const auto ticked = Tick(seconds(60));
  ASSERT_THAT(ticked.changes, SizeIs(1));
  EXPECT_EQ(ticked.changes[0].job, "dies");
  EXPECT_EQ(table.Find("dies")->failures[static_cast<std::size_t>(Failure::kException)], 1U);
  EXPECT_EQ(table.Find("survives")->state, JobState::kRunning);
  Add("dies");
  EXPECT_EQ(table.Find("dies")->state, JobState::kRunning) << "a later sample revives it";
}

TEST_F(JobTableTest, LetsTheEvidenceDecideWhatSilenceIs) {
  for (const char* job : {"complete", "gone", "middle", "unseen", "alive", "http"}) Train(table, now, job);
  table.Note("complete", Writer::kUnseen, RunStage::kComplete);
  table.Note("gone", Writer::kGone, RunStage::kUnknown);
  table.Note("middle", Writer::kGone, RunStage::kMiddle);
  table.Note("unseen", Writer::kUnseen, RunStage::kUnknown);
  table.Note("alive", Writer::kAlive, RunStage::kUnknown);
  Tick(minutes(5));
  const auto state = [&](const char* job) { return table.Find(job)->state; };
  const auto stalled = [&](const char* job) {
    return table.Find(job)->series.at("train").regime() == Regime::kStalled;
  };
  EXPECT_EQ(state("complete"), JobState::kEnded);
  EXPECT_EQ(state("gone"), JobState::kSilent);
  EXPECT_EQ(state("middle"), JobState::kSilent);
  EXPECT_EQ(state("unseen"), JobState::kSilent);
  EXPECT_EQ(state("alive"), JobState::kRunning);
  EXPECT_TRUE(stalled("middle") && stalled("alive") && stalled("http"));
  EXPECT_FALSE(stalled("complete") || stalled("gone") || stalled("unseen"));
}

TEST_F(JobTableTest, ClosesAsEndedOrAsFailed) {
  Train(table, now, "well");
  Train(table, now, "ill");
  table.Suspect("ill", {Failure::kException, {}, "ValueError"}, now);
  table.Close("well", now);
  table.Close("ill", now);
  EXPECT_EQ(table.Find("well")->state, JobState::kEnded);
  EXPECT_EQ(table.Find("ill")->state, JobState::kFailed);
}

TEST_F(JobTableTest, EndsAStallWhenTheJobFinishes) {
  for (int i = 0; i < 20; ++i) {
    Pass(seconds(1));
    Add("a");
  }
  ASSERT_THAT(Tick(minutes(3)).stalls, SizeIs(1));
  table.Finish("a", now);
  const SeriesSnapshot series = table.Find("a")->series.at("train").Snapshot();
  EXPECT_NE(series.regime, Regime::kStalled);
  EXPECT_EQ(series.regime_start, now.wall);
  EXPECT_THAT(Tick(minutes(4)).stalls, IsEmpty());
}

TEST_F(JobTableTest, DoesNotStallARareLossWhileTheJobGoesOn) {
  for (int i = 0; i < 2000; ++i) {
    Pass(seconds(1));
    Add("a");
    if (i < 40) Add("a", 1, "eval");
    EXPECT_THAT(table.Tick(now).stalls, IsEmpty());
  }
  EXPECT_THAT(Tick(seconds(130)).stalls, SizeIs(2)) << "the whole job is silent now";
}

TEST_F(JobTableTest, AsksTheRuleWhatANewSeriesMeans) {
  table.Reconfigure({}, {}, [](std::string_view job, std::string_view loss) {
    const bool reward = job == "rl" && loss == "reward";
    return SeriesMeaning{.classifier = {.direction = reward ? Direction::kHigherIsBetter : Direction::kLowerIsBetter}};
  });
  for (const double value : {1.0, 2.0}) {
    Add("rl", value, "reward");
    Add("rl", value, "train");
  }
  EXPECT_EQ(table.Find("rl")->series.at("reward").Snapshot().best, 2);
  EXPECT_EQ(table.Find("rl")->series.at("train").Snapshot().best, 1);
}

TEST_F(JobTableTest, HoldsAnEvaluationAgainstItsTrainingLoss) {
  for (int i = 0; i < 60; ++i) {
    Add("a", std::exp(-i / 9.0), "train");
    Add("a", 0.55 + 1.2 * std::exp(-i / 5.0) + 0.02 * std::max(0, i - 15), "eval");
    Add("alone", 2, "eval");
  }
  const SeriesSnapshot eval = table.Find("a")->series.at("eval").Snapshot();
  EXPECT_EQ(eval.regime, Regime::kOverfitting);
  EXPECT_NEAR(*eval.gap, 1.44, 0.1);
  EXPECT_GE(*eval.evaluations_since_best, 40U);
  EXPECT_EQ(eval.lr_advice->reason, LrAdviceReason::kOverfitting);
  EXPECT_EQ(table.Find("a")->series.at("train").Snapshot().gap, std::nullopt);
  EXPECT_EQ(table.Find("alone")->series.at("eval").Snapshot().gap, std::nullopt);
}

TEST_F(JobTableTest, ContinuesOnANewClockAfterLoad) {
  for (int i = 0; i < 100; ++i) {
    Pass(seconds(1));
    AddLabelled("a", {{"team", "nlp"}}, 3 - 0.01 * i);
    Add("a", 2, "eval");
    Add("b", 5);
  }
  table.Finish("b", now);
  Pass(minutes(1));
  StateWriter out;
  table.Save(out, now);

  JobTable loaded({}, {});
  const Instant restarted{seconds(-3), now.wall + hours(2)};
  StateReader in(out.bytes());
  ASSERT_TRUE(loaded.Load(in, restarted));
  EXPECT_TRUE(in.at_end());
  EXPECT_EQ(loaded.Find("a")->labels, table.Find("a")->labels);
  EXPECT_EQ(loaded.Find("a")->series.at("train").Snapshot().windows[1].velocity,
            table.Find("a")->series.at("train").Snapshot().windows[1].velocity);
  EXPECT_EQ(restarted.steady - loaded.Find("a")->last_sample.steady, minutes(1)) << "the outage is not silence";
  EXPECT_EQ(loaded.Find("a")->last_sample.wall, table.Find("a")->last_sample.wall);
  EXPECT_TRUE(loaded.Find("b")->finished());

  StateWriter again;
  loaded.Save(again, restarted);
  EXPECT_EQ(again.bytes(), out.bytes());

  EXPECT_THAT(loaded.Tick({restarted.steady + minutes(4), restarted.wall}).expired, IsEmpty());
  EXPECT_THAT(loaded.Tick({restarted.steady + minutes(5), restarted.wall}).expired, ElementsAre("b"));
}

TEST_F(JobTableTest, IsEmptyAfterAStateThatDoesNotFit) {
  Add("a");
  StateWriter out;
  table.Save(out, now);
  for (std::size_t size = 0; size < out.bytes().size(); ++size) {
    JobTable loaded({}, {});
    StateReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(loaded.Load(in, now)) << size;
    EXPECT_THAT(loaded.jobs(), IsEmpty());
  }
  TrackerOptions other;
  other.half_life = 3;
  JobTable different(other, {});
  StateReader in(out.bytes());
  EXPECT_FALSE(different.Load(in, now));
  EXPECT_THAT(different.jobs(), IsEmpty());
}

TEST_F(JobTableTest, LeavesOutSeriesWhoseDirectionIsAnotherNow) {
  for (const char* job : {"a", "b"}) {
    for (const char* loss : {"accuracy", "train"}) Add(job, 0.5, loss);
  }
  Add("only", 0.5, "accuracy");
  Pass(seconds(1));
  StateWriter out;
  table.Save(out, now);
  const auto rule = [](std::string_view, std::string_view loss) {
    SeriesMeaning meaning;
    if (loss == "accuracy") meaning.classifier.direction = Direction::kHigherIsBetter;
    return meaning;
  };
  JobTable loaded({}, {}, rule);
  StateReader in(out.bytes());
  const auto left_out = loaded.Load(in, now);
  ASSERT_TRUE(left_out);
  EXPECT_TRUE(in.at_end());
  using SeriesName = JobTable::SeriesName;
  EXPECT_THAT(*left_out,
              ElementsAre(SeriesName{"a", "accuracy"}, SeriesName{"b", "accuracy"}, SeriesName{"only", "accuracy"}));
  ASSERT_NE(loaded.Find("a"), nullptr);
  EXPECT_FALSE(loaded.Find("a")->series.contains("accuracy"));
  EXPECT_EQ(loaded.Find("b")->series.at("train").samples(), 1U);
  EXPECT_EQ(loaded.Find("only"), nullptr) << "a job with no series";
  Sample sample;
  sample.loss = "accuracy";
  sample.value = 0.6;
  EXPECT_FALSE(loaded.Add("a", {}, sample, now).rejection);
  EXPECT_EQ(loaded.Find("a")->series.at("accuracy").direction(), Direction::kHigherIsBetter);
}

/// Every kind of change between the turns of a save: what is saved is what was there when it began.
TEST_F(JobTableTest, SavesInTurnsWhatWasThereAtTheBegin) {
  for (const char* job : {"a", "b", "c", "d", "e", "f", "g", "h"}) Add(job, 2);
  table.Suspect("e", {}, now);
  Pass(seconds(1));
  for (const std::size_t turns : {0U, 1U, 3U, 7U}) {
    StateWriter whole, parts;
    table.Save(whole, now);
    const Instant begun = now;
    table.BeginSave(parts, now);
    for (std::size_t i = 0; i < turns; ++i) EXPECT_FALSE(table.SaveMore(1));
    Add("new" + std::to_string(turns), 7);
    Add("h", 9, "another");
    Add("a", 9);
    Add("d", 9);
    table.Finish("c", now);
    table.Note("b", Writer::kAlive, turns % 2 == 0 ? RunStage::kMiddle : RunStage::kUnknown);
    table.Remove("g");
    Pass(seconds(60));
    table.Tick(now);  // confirms what was suspected
    while (!table.SaveMore(1)) {
    }
    const std::string saved = parts.Take();
    EXPECT_EQ(saved.size(), whole.bytes().size()) << turns;
    JobTable loaded({}, {});
    StateReader in(saved);
    ASSERT_TRUE(loaded.Load(in, begun)) << turns;
    StateWriter again;
    loaded.Save(again, begun);
    EXPECT_EQ(again.bytes(), whole.bytes()) << turns;
    Add("g", 2);
    table.Suspect("e", {}, now);
    Pass(seconds(1));
  }
}

TEST_F(JobTableTest, BeginsAnotherSaveAfterOneThatWasGivenUp) {
  for (const char* job : {"a", "b", "c"}) Add(job);
  StateWriter given_up, out, whole;
  table.BeginSave(given_up, now);
  EXPECT_FALSE(table.SaveMore(1));
  table.EndSave();
  Add("a", 5);
  table.Save(whole, now);
  table.BeginSave(out, now);
  EXPECT_TRUE(table.SaveMore(100));
  EXPECT_EQ(out.bytes(), whole.bytes());
}

TEST(Rejection, HasANameForItsMetric) {
  EXPECT_EQ(Name(Rejection::kJobLimit), "job_limit");
  EXPECT_EQ(Name(Rejection::kSeriesLimit), "series_limit");
  EXPECT_EQ(Name(Rejection::kTotalSeriesLimit), "total_series_limit");
  EXPECT_EQ(Name(Rejection::kLabelSizeLimit), "label_size_limit");
  EXPECT_EQ(Name(Rejection::kBadJobName), "bad_job_name");
  EXPECT_EQ(Name(Rejection::kBadSeriesName), "bad_series_name");
  EXPECT_EQ(Name(Rejection::kBadLabel), "bad_label");
}

}  // namespace
}  // namespace lossd::core
