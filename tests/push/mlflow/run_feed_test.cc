#include "push/mlflow/run_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "support/job_sink.h"

namespace lossd::push {
namespace {

class RunFeedTest : public testing::Test {
 protected:
  std::optional<core::Rejection> Log(const std::string& run, std::vector<MlflowMetric> metrics) {
    return feed.Log(run, metrics, host);
  }
  std::uint64_t Samples(const std::string& job, const std::string& series = "train") {
    const core::Job* const found = sink.jobs.Find(job);
    if (found == nullptr || !found->series.contains(series)) return 0;
    return found->series.find(series)->second.Snapshot().samples;
  }

  test::JobSink sink;
  core::Instant now{std::chrono::seconds(1), core::Timestamp(std::chrono::seconds(1'700'000'000))};
  ProtocolHost host{sink, [this] { return now; }};
  RunFeed feed;
};

TEST_F(RunFeedTest, ARunIsAJobOfItsName) {
  feed.Begin("0123456789abcdef", "bert", "nlp");
  Log("0123456789abcdef", {{"train_loss", 2.5, 0, 1}, {"val_loss", 2.6, 0, 1}});
  EXPECT_EQ(Samples("bert"), 1U);
  EXPECT_EQ(Samples("bert", "eval"), 1U);
  EXPECT_EQ(sink.jobs.Find("bert")->labels.at("experiment"), "nlp");
  EXPECT_EQ(sink.jobs.Find("bert")->step, 1);
}

TEST_F(RunFeedTest, ASecondRunOfThatNameIsAnotherJob) {
  feed.Begin("0123456789abcdef", "bert", "");
  feed.Begin("fedcba9876543210", "bert", "");
  Log("fedcba9876543210", {{"loss", 2.5, 0, 1}});
  EXPECT_EQ(Samples("bert-fedcba98"), 1U);
  feed.End("0123456789abcdef", "FINISHED", host);
  feed.Begin("3333333333333333", "bert", "");
  Log("3333333333333333", {{"loss", 2.5, 0, 1}});
  EXPECT_EQ(Samples("bert"), 1U) << "the name is free again";
}

TEST_F(RunFeedTest, ARunEndsAsItsStatusSays) {
  feed.Begin("r", "bert", "");
  Log("r", {{"loss", 2.5, 0, 1}});
  feed.End("r", "KILLED", host);
  EXPECT_EQ(sink.jobs.Find("bert")->failure->reason, core::Failure::kKilled);
  Log("r", {{"loss", 2.4, 0, 2}});
  EXPECT_EQ(sink.jobs.Find("bert")->state, core::JobState::kRunning);
  feed.End("r", "FAILED", host);
  EXPECT_EQ(sink.jobs.Find("bert")->state, core::JobState::kFailed);
  EXPECT_EQ(sink.jobs.Find("bert")->failure->reason, core::Failure::kException);
  EXPECT_EQ(sink.jobs.Find("bert")->failure->last_line, "status FAILED");
  feed.End("r", "FINISHED", host);
  EXPECT_EQ(sink.jobs.Find("bert")->state, core::JobState::kEnded);
}

TEST_F(RunFeedTest, ARunThatWasNeverAnnouncedIsNamedByItsId) {
  Log("0123456789abcdef", {{"loss", 2.5, 0, 1}});
  EXPECT_EQ(Samples("0123456789abcdef"), 1U);
}

TEST_F(RunFeedTest, ABatchMayHoldManySteps) {
  feed.Begin("r", "bert", "");
  Log("r", {{"loss", 2.5, 0, 1}, {"loss", 2.4, 0, 2}, {"loss", 2.3, 0, 3}, {"lr", 1e-3, 0, 1}, {"lr", 1e-3, 0, 2}});
  EXPECT_EQ(Samples("bert"), 3U);
  EXPECT_EQ(sink.jobs.Find("bert")->step, 3);
}

TEST_F(RunFeedTest, AStepOfZeroThatNeverMovesIsNone) {
  feed.Begin("r", "bert", "");
  for (const double loss : {2.5, 2.4, 2.3}) Log("r", {{"loss", loss, 0, 0}});
  EXPECT_EQ(Samples("bert"), 3U);
  EXPECT_EQ(sink.jobs.Find("bert")->step, std::nullopt);
}

TEST_F(RunFeedTest, WhatIsSentLateIsHistory) {
  feed.Begin("r", "bert", "");
  Log("r", {{"loss", 2.5, 1'600'000'000'000, 1}});
  Log("r", {{"loss", 2.5, 1'700'000'000'000, 2}});
  EXPECT_THAT(sink.origins, testing::ElementsAre(core::Origin::kCatchUp, core::Origin::kLive));
}

TEST_F(RunFeedTest, SaysWhyAMetricWasRefused) {
  feed.Begin("r", std::string(1000, 'x'), "");
  EXPECT_EQ(Log("r", {{"loss", 2.5, 0, 1}}), core::Rejection::kBadJobName);
}

}  // namespace
}  // namespace lossd::push
