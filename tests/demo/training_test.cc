#include "demo/training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace lossd::demo {
namespace {

using ::testing::AllOf;
using ::testing::Gt;
using ::testing::Lt;

std::vector<StepReport> TrainFor(std::int64_t steps, const std::string& fault = "", std::uint64_t seed = 1) {
  TrainingOptions options;
  options.steps = 600;
  options.seed = seed;
  if (!fault.empty()) options.faults.push_back(ParseFault(fault).value());
  Training training(options);
  std::vector<StepReport> reports;
  for (std::int64_t i = 0; i < steps; ++i) reports.push_back(training.Step());
  return reports;
}

double MeanLoss(const std::vector<StepReport>& reports, std::size_t from, std::size_t to) {
  double sum = 0;
  for (std::size_t i = from; i < to; ++i) sum += reports[i].loss;
  return sum / static_cast<double>(to - from);
}

TEST(Training, Learns) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto reports = TrainFor(600, "", seed);
    EXPECT_NEAR(reports.front().loss, std::log(3), 0.5);
    EXPECT_LT(MeanLoss(reports, 550, 600), 0.5 * MeanLoss(reports, 0, 20)) << "seed " << seed;
  }
}

TEST(Training, GeneralisesToDataItNeverSaw) {
  Training training({.steps = 600});
  const double before = training.EvalLoss();
  for (int i = 0; i < 600; ++i) training.Step();
  EXPECT_LT(training.EvalLoss(), 0.5 * before);
}

TEST(Training, IsDeterministicBySeed) {
  const auto one = TrainFor(50, "", 7), same = TrainFor(50, "", 7), other = TrainFor(50, "", 8);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].loss, same[i].loss);
    EXPECT_NE(one[i].loss, other[i].loss);
  }
}

TEST(Training, FaultsLeaveWhatWentBeforeUntouched) {
  const auto healthy = TrainFor(200), faulty = TrainFor(200, "lr-jump@200");
  for (std::size_t i = 0; i < healthy.size(); ++i) EXPECT_EQ(healthy[i].loss, faulty[i].loss);
}

TEST(Training, WarmsUpThenDecays) {
  const auto reports = TrainFor(600);
  EXPECT_LT(reports[0].learning_rate, 0.1 * reports[19].learning_rate);
  EXPECT_GT(reports[30].learning_rate, reports[300].learning_rate);
  EXPECT_NEAR(reports[599].learning_rate, 0.005, 1e-4);
}

TEST(Training, LrJumpMakesTheLossRiseAndStayUp) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto reports = TrainFor(500, "lr-jump@300:100", seed);
    EXPECT_GT(MeanLoss(reports, 310, 400), 3 * MeanLoss(reports, 250, 300)) << "seed " << seed;
    EXPECT_GT(MeanLoss(reports, 400, 500), 3 * MeanLoss(reports, 250, 300)) << "seed " << seed;
  }
}

TEST(Training, NanPoisonsEveryLaterLoss) {
  const auto reports = TrainFor(200, "nan@100");
  EXPECT_TRUE(std::isfinite(reports[99].loss));
  for (std::size_t i = 100; i < 200; ++i) EXPECT_TRUE(std::isnan(reports[i].loss)) << i;
}

TEST(Training, OverflowLeavesNoFiniteLoss) {
  const auto reports = TrainFor(200, "overflow@100");
  EXPECT_TRUE(std::isfinite(reports[100].loss));
  EXPECT_FALSE(std::isfinite(reports[199].loss));
}

TEST(Training, FreezeKeepsTheLossWhereItIs) {
  const auto reports = TrainFor(600, "freeze@100");
  EXPECT_THAT(MeanLoss(reports, 350, 600) / MeanLoss(reports, 100, 350), AllOf(Gt(0.95), Lt(1.05)));
  EXPECT_EQ(reports[599].learning_rate, 0);
}

TEST(Training, CorruptLabelsRaiseTheLossAndALaterCleanBatchEndsIt) {
  const auto reports = TrainFor(500, "corrupt@400:10");
  const double before = MeanLoss(reports, 380, 400);
  EXPECT_GT(MeanLoss(reports, 400, 410), 2 * before);
  EXPECT_LT(MeanLoss(reports, 460, 500), 2 * before);
}

TEST(Training, AnUnshuffledSamplerMakesTheLossSwing) {
  const auto reports = TrainFor(500, "oscillate@300:24");
  int swings = 0;
  for (std::size_t turn = 324; turn + 24 <= 500; turn += 24) {
    if (MeanLoss(reports, turn, turn + 4) > 2 * MeanLoss(reports, turn - 4, turn)) ++swings;
  }
  EXPECT_GE(swings, 6);
}

TEST(Training, RewindGoesBackOnceToACheckpoint) {
  const auto reports = TrainFor(400, "rewind@250:100");
  EXPECT_EQ(reports[249].step, 249);
  EXPECT_EQ(reports[250].step, 150);
  EXPECT_EQ(reports[399].step, 299);
}

TEST(Training, HangIsReportedAtItsStepAlone) {
  const auto reports = TrainFor(60, "hang@50:2.5");
  double total = 0;
  for (const StepReport& report : reports) total += report.hang_seconds;
  EXPECT_EQ(reports[50].hang_seconds, 2.5);
  EXPECT_EQ(total, 2.5);
}

TEST(Training, AnAdvisedRateUndoesALrJump) {
  TrainingOptions options;
  options.steps = 1500;
  options.faults.push_back(ParseFault("lr-jump@300:30").value());
  Training advised(options), left_alone(options);
  double advised_loss = 0, left_loss = 0;
  for (int i = 0; i < 1500; ++i) {
    if (i == 350) advised.ScaleLearningRate(1.0 / 30);
    const double one = advised.Step().loss, other = left_alone.Step().loss;
    if (i >= 1400) advised_loss += one, left_loss += other;
  }
  EXPECT_LT(advised_loss, 0.5 * left_loss);
}

}  // namespace
}  // namespace lossd::demo
