#include "records/gauge_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace lossd::records {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> Shown(const std::vector<core::Sample>& samples) {
  std::vector<std::string> shown;
  for (const core::Sample& sample : samples) {
    shown.push_back(sample.loss + " " + std::to_string(sample.value).substr(0, 4) +
                    (sample.step ? " @" + std::to_string(*sample.step) : ""));
  }
  return shown;
}

std::vector<std::string> First(const std::vector<Gauge>& snapshot) { return Shown(GaugeReader().Read(snapshot)); }

TEST(GaugeReader, ReadsLossStepRateAndNorm) {
  GaugeReader reader;
  const auto samples =
      reader.Read({{"loss", {}, 2.5}, {"step", {}, 7}, {"lr", {}, 1e-3}, {"grad_norm", {}, 0.5}, {"epoch", {}, 1.5}});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].loss, "train");
  EXPECT_EQ(samples[0].step, 7);
  EXPECT_EQ(samples[0].learning_rate, 1e-3);
  EXPECT_EQ(samples[0].gradient_norm, 0.5);
  EXPECT_EQ(samples[0].epoch, 1.5);
}

TEST(GaugeReader, KnowsCountersByTheirEnding) {
  EXPECT_THAT(First({{"train_loss", {}, 2.5}, {"train_steps_total", {}, 9}}), ElementsAre("train 2.50 @9"));
}

TEST(GaugeReader, ANamespaceIsNoPartOfAName) {
  EXPECT_THAT(First({{"my_app_train_loss", {}, 2.5}, {"my_app_val_loss", {}, 2.6}, {"my_app_step", {}, 3}}),
              UnorderedElementsAre("train 2.50 @3", "eval 2.60 @3"));
}

TEST(GaugeReader, CountersWithANamespaceCount) {
  EXPECT_THAT(First({{"app_loss", {}, 2.5}, {"app_steps_total", {}, 3}}), ElementsAre("train 2.50 @3"));
}

TEST(GaugeReader, ALossOfAPartKeepsItsName) {
  EXPECT_THAT(First({{"value_loss", {}, 2.5}, {"policy_loss", {}, 1.5}, {"step", {}, 3}}),
              UnorderedElementsAre("value_loss 2.50 @3", "policy_loss 1.50 @3"));
}

TEST(GaugeReader, ALabelTellsThePhase) {
  EXPECT_THAT(First({{"loss", {{"split", "train"}}, 2.5}, {"loss", {{"split", "eval"}}, 2.6}}),
              UnorderedElementsAre("train 2.50", "eval 2.60"));
}

TEST(GaugeReader, OtherLabelsTellSeriesApart) {
  EXPECT_THAT(
      First({{"loss", {{"head", "cls"}, {"model", "m"}}, 2.5}, {"loss", {{"head", "box"}, {"model", "m"}}, 1.5}}),
      UnorderedElementsAre("loss_cls 2.50", "loss_box 1.50"));
  EXPECT_THAT(First({{"loss", {{"model", "m"}}, 2.5}}), ElementsAre("train 2.50"));
}

TEST(GaugeReader, TheLowestRankCounts) {
  EXPECT_THAT(First({{"loss", {{"rank", "1"}}, 2.5},
                     {"loss", {{"rank", "0"}}, 2.4},
                     {"step", {{"rank", "1"}}, 9},
                     {"step", {{"rank", "0"}}, 8}}),
              ElementsAre("train 2.40 @8"));
}

TEST(GaugeReader, OtherNumbersAreNoLosses) {
  EXPECT_THAT(First({{"loss_scale", {}, 65536}, {"process_cpu_seconds_total", {}, 2}, {"accuracy", {}, 0.5}}),
              IsEmpty());
}

TEST(GaugeReader, ATrainingLossIsNewWhereTheStepHasMoved) {
  GaugeReader reader;
  const auto read = [&](double loss, double eval, double step) {
    return Shown(reader.Read({{"loss", {}, loss}, {"val_loss", {}, eval}, {"step", {}, step}}));
  };
  EXPECT_THAT(read(2.5, 2.6, 1), UnorderedElementsAre("train 2.50 @1", "eval 2.60 @1"));
  EXPECT_THAT(read(2.5, 2.6, 1), IsEmpty());
  EXPECT_THAT(read(2.4, 2.6, 1), IsEmpty()) << "read between the setting of the loss and of the step";
  EXPECT_THAT(read(2.4, 2.6, 2), ElementsAre("train 2.40 @2"));
  EXPECT_THAT(read(2.4, 2.3, 3), UnorderedElementsAre("train 2.40 @3", "eval 2.30 @3"));
  EXPECT_THAT(read(2.4, 2.3, 0), ElementsAre("train 2.40 @0")) << "a restart";
}

TEST(GaugeReader, WithoutAStepAChangedValueIsNew) {
  GaugeReader reader;
  const auto read = [&](double loss) { return Shown(reader.Read({{"loss", {}, loss}})); };
  EXPECT_THAT(read(2.5), ElementsAre("train 2.50"));
  EXPECT_THAT(read(2.5), IsEmpty());
  EXPECT_THAT(read(NAN), ElementsAre("train nan"));
  EXPECT_THAT(read(NAN), IsEmpty());
  EXPECT_THAT(read(2.4), ElementsAre("train 2.40"));
}

TEST(GaugeReader, ALossThatBreaksIsNewWhateverTheStepSays) {
  GaugeReader reader;
  const auto read = [&](double loss) { return Shown(reader.Read({{"loss", {}, loss}, {"step", {}, 7}})); };
  EXPECT_THAT(read(2.5), ElementsAre("train 2.50 @7"));
  EXPECT_THAT(read(NAN), ElementsAre("train nan @7"));
  EXPECT_THAT(read(NAN), IsEmpty());
  EXPECT_THAT(read(INFINITY), ElementsAre("train inf @7"));
}

TEST(GaugeReader, TakesTheNamesOfItsUser) {
  ReaderOptions options;
  options.loss_key = "custom_objective_value";
  options.step_key = "ticks";
  EXPECT_THAT(Shown(GaugeReader(options).Read({{"custom_objective_value", {}, 2.5}, {"ticks", {}, 3}})),
              ElementsAre("train 2.50 @3"));
}

TEST(GaugeReader, GoesOnAfterARestart) {
  const std::vector<Gauge> snapshot = {{"loss", {}, 0.1}, {"val_loss", {}, NAN}, {"step", {}, 7}};
  GaugeReader before, behind;
  before.Read(snapshot);
  behind.Load(before.Save());
  EXPECT_THAT(Shown(behind.Read(snapshot)), IsEmpty());
  EXPECT_THAT(Shown(behind.Read({{"loss", {}, 0.1}, {"step", {}, 8}})), ElementsAre("train 0.10 @8"));
  GaugeReader().Load("nonsense\n- x y\n1 2\n");
}

TEST(GaugeReader, MayTellSaysWhichMetricsToKeep) {
  for (const char* name : {"loss", "my_app_train_loss", "app_step", "steps_total", "lr", "app_steps_total",
                           "trainer_global_step", "app_epoch"})
    EXPECT_TRUE(MayTell(name, {})) << name;
  for (const char* name : {"process_cpu_seconds_total", "python_info", "loss_scale"})
    EXPECT_FALSE(MayTell(name, {})) << name;
}

}  // namespace
}  // namespace lossd::records
