#include "readers/wandb/run_file_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "support/run_file.h"

namespace lossd::readers {
namespace {

using support::RowMessage;
using support::RunFile;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<core::Sample> Read(RunFileReader& reader, const RunFile& file, std::optional<int>* exit_status = nullptr) {
  std::vector<core::Sample> samples;
  reader.Push(file.bytes);
  while (const auto entry = reader.Next()) {
    samples.insert(samples.end(), entry.result.samples.begin(), entry.result.samples.end());
    if (exit_status != nullptr) *exit_status = entry.exit_status;
  }
  return samples;
}

std::vector<std::string> Shown(const RunFile& file) {
  RunFileReader reader;
  std::vector<std::string> shown;
  for (const core::Sample& sample : Read(reader, file)) {
    shown.push_back(sample.loss + " " + std::to_string(sample.value).substr(0, 4) + " @" +
                    std::to_string(sample.step.value_or(-1)));
  }
  return shown;
}

TEST(RunFileReader, GivesTheRowsOfTheHistory) {
  RunFile file;
  file.Add(RowMessage(0, {{"train/loss", "2.5"}, {"lr", "0.001"}, {"_runtime", "1.5"}, {"_timestamp", "1.7e9"}}));
  file.Add(RowMessage(1, {{"train/loss", "2"}, {"grad_norm", "0.5"}, {"epoch", "1.25"}, {"val_loss", "2.1"}}));
  RunFileReader reader;
  const auto samples = Read(reader, file);
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].loss, "train");
  EXPECT_EQ(samples[0].value, 2.5);
  EXPECT_EQ(samples[0].step, 0);
  EXPECT_EQ(samples[0].learning_rate, 0.001);
  EXPECT_EQ(samples[0].time, core::Timestamp(std::chrono::seconds(1700000000)));
  EXPECT_EQ(samples[1].gradient_norm, 0.5);
  EXPECT_EQ(samples[1].epoch, 1.25);
  EXPECT_EQ(samples[2].loss, "eval");
}

TEST(RunFileReader, AStepOfTheTrainersOwnCounts) {
  RunFile file;
  file.Add(RowMessage(0, {{"loss", "2.5"}, {"trainer/global_step", "49"}}));
  file.Add(RowMessage(1, {{"loss", "2.4"}, {"trainer/global_step", "99"}}));
  file.Add(RowMessage(2, {{"val_loss", "2.6"}}));
  EXPECT_THAT(Shown(file), ElementsAre("train 2.50 @49", "train 2.40 @99", "eval 2.60 @99"));
}

TEST(RunFileReader, ACounterOfBatchesDoesNot) {
  RunFile file;
  file.Add(RowMessage(40, {{"loss", "2.5"}, {"batch", "0"}})).Add(RowMessage(41, {{"loss", "2.4"}, {"batch", "1"}}));
  EXPECT_THAT(Shown(file), ElementsAre("train 2.50 @40", "train 2.40 @41"));
}

TEST(RunFileReader, NonFiniteLossesAreSamples) {
  RunFile file;
  file.Add(RowMessage(0, {{"loss", "NaN"}})).Add(RowMessage(1, {{"loss", "Infinity"}}));
  file.Add(RowMessage(2, {{"loss", "-Infinity"}}));
  EXPECT_THAT(Shown(file), ElementsAre("train nan @0", "train inf @1", "train -inf @2"));
}

TEST(RunFileReader, MediaAndTextAreNoValues) {
  RunFile file;
  file.Add(
      RowMessage(0, {{"loss", R"({"_type":"histogram"})"}, {"loss_b", "\"2.5\""}, {"loss_c", "null"}, {"loss_d", ""}}));
  EXPECT_THAT(Shown(file), IsEmpty());
}

TEST(RunFileReader, SaysWhoTheRunIsAndHowItHasEnded) {
  RunFileReader reader;
  std::optional<int> status;
  Read(reader, RunFile().Add(support::RunMessage("gzms70hc", "")), &status);
  EXPECT_EQ(reader.run(), "gzms70hc");
  EXPECT_EQ(status, std::nullopt);
  RunFileReader named;
  Read(named, RunFile().Add(support::RunMessage("gzms70hc", "happy-run")).Add(support::ExitMessage(3)), &status);
  EXPECT_EQ(named.run(), "happy-run");
  EXPECT_EQ(status, 3);
}

TEST(RunFileReader, ARecordThatIsNoMessageCostsItselfAlone) {
  RunFile file;
  file.Add("\xFF\xFF").Add(RowMessage(0, {{"loss", "2.5"}}));
  EXPECT_THAT(Shown(file), ElementsAre("train 2.50 @0"));
}

TEST(RunFileReader, KnowsItsFiles) {
  EXPECT_TRUE(RunFileReader::Handles("/w/offline-run-20260101_000000-abc/run-abc.wandb"));
  EXPECT_FALSE(RunFileReader::Handles("/w/wandb/debug.log"));
  EXPECT_EQ(RunFileReader::Begins(RunFile().bytes), Likeness::kYes);
  EXPECT_EQ(RunFileReader::Begins(":W&"), Likeness::kTooFewBytes);
  EXPECT_EQ(RunFileReader::Begins("loss"), Likeness::kNo);
}

}  // namespace
}  // namespace lossd::readers
