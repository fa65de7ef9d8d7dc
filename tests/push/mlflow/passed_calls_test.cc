#include "push/mlflow/passed_calls.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/job_sink.h"

namespace lossd::push {
namespace {

class PassedCallsTest : public testing::Test {
 protected:
  void Pass(std::string_view path, std::string_view asked, std::string_view answered, unsigned status = 200) {
    calls.Take({.path = path, .query = {}, .request_body = asked, .response_body = answered, .status = status}, feed,
               host);
  }
  void Begin() {
    Pass("experiments/create", R"({"name": "nlp"})", R"({"experiment_id": "7"})");
    Pass("runs/create", R"({"experiment_id": "7"})",
         R"({"run": {"info": {"run_id": "r1", "run_name": "bert", "experiment_id": "7"}}})");
  }
  const core::Job* Find(const std::string& job) { return sink.jobs.Find(job); }

  test::JobSink sink;
  ProtocolHost host{sink, [] { return core::Instant{std::chrono::seconds(1), {}}; }};
  RunFeed feed;
  PassedCalls calls;
};

TEST_F(PassedCallsTest, NamesComeFromWhatTheServerAnswers) {
  Begin();
  Pass("runs/log-metric", R"({"run_id": "r1", "key": "train_loss", "value": 2.5, "step": 3})", "{}");
  ASSERT_NE(Find("bert"), nullptr);
  EXPECT_EQ(Find("bert")->labels.at("experiment"), "nlp");
  EXPECT_EQ(Find("bert")->labels.at("run_id"), "r1");
  EXPECT_EQ(Find("bert")->step, 3);
}

TEST_F(PassedCallsTest, AnExperimentThatWasNeverNamedIsItsId) {
  Pass("runs/get", "", R"({"run": {"info": {"run_id": "r1", "run_name": "bert", "experiment_id": "7"}}})");
  Pass("runs/log-metric", R"({"run_id": "r1", "key": "loss", "value": 2.5})", "{}");
  EXPECT_EQ(Find("bert")->labels.at("experiment"), "7");
}

TEST_F(PassedCallsTest, ARunThatWasNeverSeenIsItsIdUntilItIsAskedFor) {
  Pass("runs/log-batch", R"({"run_id": "r9", "metrics": [{"key": "loss", "value": "NaN", "step": 1}]})", "{}");
  EXPECT_NE(Find("r9"), nullptr);
}

TEST_F(PassedCallsTest, WhatTheServerRefusesBringsNothing) {
  Begin();
  for (const unsigned status : {400U, 404U, 429U, 500U, 503U})
    Pass("runs/log-metric", R"({"run_id": "r1", "key": "loss", "value": 2.5})", "{}", status);
  EXPECT_EQ(Find("bert"), nullptr);
}

TEST_F(PassedCallsTest, AskingForARunAgainForgetsNothing) {
  Begin();
  const auto log = [&] {
    Pass("runs/log-metric", R"({"run_id": "r1", "key": "loss", "value": 2.5, "step": 3})", "{}");
  };
  log();
  Pass("runs/get", "", R"({"run": {"info": {"run_id": "r1", "run_name": "bert", "experiment_id": "7"}}})");
  log();
  EXPECT_EQ(Find("bert")->series.find("train")->second.Snapshot().samples, 1U) << "the step is known already";
}

TEST_F(PassedCallsTest, TheEndOfARunEndsTheJob) {
  Begin();
  Pass("runs/log-metric", R"({"run_id": "r1", "key": "loss", "value": 2.5})", "{}");
  Pass("runs/update", R"({"run_id": "r1", "status": 3})", R"({"run_info": {"run_id": "r1", "run_name": "bert"}})");
  EXPECT_EQ(Find("bert")->state, core::JobState::kEnded);
  Pass("runs/delete", R"({"run_id": "r1"})", "{}");
  EXPECT_EQ(Find("bert"), nullptr);
}

TEST_F(PassedCallsTest, WhatIsNoJsonIsPassedOver) {
  for (const std::string_view path :
       {"experiments/get", "runs/create", "runs/update", "runs/log-metric", "runs/delete"}) {
    for (const std::string_view body :
         {"", "[]", "{", "null", R"({"run": 1, "experiment": [], "run_info": "x", "metrics": 3})"})
      Pass(path, body, body);
  }
  EXPECT_TRUE(sink.jobs.jobs().empty());
}

TEST_F(PassedCallsTest, OnlySomeCallsTellAnything) {
  EXPECT_TRUE(PassedCalls::Tells("runs/log-batch"));
  EXPECT_FALSE(PassedCalls::Tells("runs/search"));
}

}  // namespace
}  // namespace lossd::push
