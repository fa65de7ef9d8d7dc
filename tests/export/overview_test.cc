#include "export/overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "export/job_fixture.h"

namespace lossd::exporter {
namespace {

namespace json = boost::json;
using testing::ElementsAre;

class OverviewTest : public JobFixture {
 protected:
  json::value Overview(const OverviewQuery& query = {}) { return json::parse(OverviewJson(jobs, query, now.wall)); }
  std::vector<std::string> Names(const OverviewQuery& query = {}) {
    std::vector<std::string> names;
    const json::value overview = Overview(query);
    for (const json::value& job : overview.at("jobs").as_array())
      names.emplace_back(job.at("training_job").as_string());
    return names;
  }
  void AddRun(const std::string& job, int samples, double slope, const core::Labels& labels = {}) {
    for (int i = 0; i < samples; ++i) {
      core::Sample sample;
      sample.value = 10 + slope * i;
      sample.step = i;
      Add(job, sample, labels);
    }
  }
};

TEST_F(OverviewTest, OfNothingIsEmpty) {
  const json::value overview = Overview();
  EXPECT_EQ(overview.at("total"), 0);
  EXPECT_TRUE(overview.at("jobs").as_array().empty());
}

TEST_F(OverviewTest, ShowsWhatHasFailedFirstAndTellsWhy) {
  AddRun("ended", 3, -1);
  jobs.Finish("ended", now);
  AddRun("fine", 3, -1);
  AddRun("nan", 3, -1);
  AddLoss("nan", NAN);
  AddRun("lost", 3, -1);
  core::FailureReport report;
  report.reason = core::Failure::kCudaOutOfMemory;
  report.lines = {"Traceback", "CUDA out of memory"};
  report.last_line = "CUDA out of memory";
  jobs.Fail("lost", report, now);
  EXPECT_THAT(Names(), ElementsAre("lost", "nan", "fine", "ended"));
  EXPECT_THAT(Names({.order = OverviewOrder::kState}), ElementsAre("lost", "fine", "nan", "ended"));
  EXPECT_THAT(Names({.text = "failed"}), ElementsAre("lost"));
  EXPECT_THAT(Names({.text = "cuda_out"}), ElementsAre("lost"));
  EXPECT_THAT(Names({.states = {"failed", "ended"}}), ElementsAre("lost", "ended"));
  const json::value overview = Overview();
  EXPECT_EQ(overview.at("trouble"), 2);
  EXPECT_EQ(overview.at("states").at("failed"), 1);
  EXPECT_EQ(overview.at("states").at("running"), 2);
  const json::value& lost = overview.at("jobs").at(0);
  EXPECT_EQ(lost.at("state"), "failed");
  EXPECT_TRUE(lost.at("trouble").as_bool());
  EXPECT_EQ(lost.at("failure").at("reason"), "cuda_out_of_memory");
  EXPECT_EQ(lost.at("failure").at("last_line"), "CUDA out of memory");
  EXPECT_TRUE(overview.at("jobs").at(1).at("failure").is_null());
}

TEST_F(OverviewTest, ShowsASilentJobAsSilent) {
  AddRun("quiet", 30, -1);
  AddRun("other", 30, -1);
  jobs.Note("quiet", core::Writer::kGone, core::RunStage::kUnknown);
  now.steady += std::chrono::minutes(5);
  now.wall += std::chrono::minutes(5);
  jobs.Tick(now);
  const json::value overview = Overview({.states = {"silent"}});
  EXPECT_EQ(overview.at("matched"), 1);
  EXPECT_EQ(overview.at("jobs").at(0).at("training_job"), "quiet");
  EXPECT_EQ(overview.at("jobs").at(0).at("state"), "silent");
  EXPECT_FALSE(overview.at("jobs").at(0).at("trouble").as_bool());
}

TEST_F(OverviewTest, ShowsTroubleFirstAndWhatHasEndedLast) {
  AddRun("a-ended", 3, -1);
  AddLoss("a-ended", NAN);
  jobs.Finish("a-ended", now);
  AddRun("b", 3, -1);
  AddRun("z-bad", 3, -1);
  AddLoss("z-bad", NAN);
  EXPECT_THAT(Names(), ElementsAre("z-bad", "b", "a-ended"));
  const json::value overview = Overview();
  EXPECT_EQ(overview.at("trouble"), 1);
  EXPECT_EQ(overview.at("states").at("ended"), 1);
  EXPECT_EQ(overview.at("regimes").at("non_finite"), 2);
  EXPECT_EQ(overview.at("jobs").at(0).at("last_loss"), "nan");
  EXPECT_TRUE(overview.at("jobs").at(0).at("trouble").as_bool());
}

TEST_F(OverviewTest, SortsByEachColumn) {
  AddRun("a", 2, -1);
  AddRun("b", 8, -2);
  AddRun("c", 5, 3);
  const auto sorted = [&](OverviewOrder order, bool descending = false) {
    return Names({.order = order, .descending = descending});
  };
  EXPECT_THAT(sorted(OverviewOrder::kName, true), ElementsAre("c", "b", "a"));
  EXPECT_THAT(sorted(OverviewOrder::kStep), ElementsAre("a", "c", "b"));
  EXPECT_THAT(sorted(OverviewOrder::kStep, true), ElementsAre("b", "c", "a"));
  EXPECT_THAT(sorted(OverviewOrder::kLoss), ElementsAre("b", "a", "c"));
  EXPECT_THAT(sorted(OverviewOrder::kVelocity), ElementsAre("b", "a", "c"));
  EXPECT_THAT(sorted(OverviewOrder::kAcceleration), ElementsAre("b", "a", "c"));
  EXPECT_THAT(sorted(OverviewOrder::kAge), ElementsAre("c", "b", "a"));
}

TEST_F(OverviewTest, FiltersByNameLabelRegimeAndState) {
  AddRun("Llama-7b", 2, -1, {{"team", "nlp"}});
  AddRun("resnet", 2, -1, {{"team", "vision"}});
  AddLoss("resnet", NAN);
  jobs.Finish("Llama-7b", now);
  EXPECT_THAT(Names({.text = "llama"}), ElementsAre("Llama-7b"));
  EXPECT_THAT(Names({.text = "team=v"}), ElementsAre("resnet"));
  EXPECT_THAT(Names({.text = " team=  NLP "}), ElementsAre("Llama-7b"));
  EXPECT_THAT(Names({.text = "non_finite"}), ElementsAre("resnet"));
  EXPECT_THAT(Names({.text = "nothing"}), ElementsAre());
  EXPECT_THAT(Names({.regimes = {"non_finite", "diverging"}}), ElementsAre("resnet"));
  EXPECT_THAT(Names({.states = {"ended"}}), ElementsAre("Llama-7b"));
  EXPECT_EQ(Overview({.text = "llama"}).at("total"), 2);
  EXPECT_EQ(Overview({.text = "llama"}).at("matched"), 1);
}

TEST_F(OverviewTest, ComesInPages) {
  for (const char* name : {"a", "b", "c", "d", "e"}) AddLoss(name, 1);
  EXPECT_THAT(Names({.offset = 2, .limit = 2}), ElementsAre("c", "d"));
  EXPECT_THAT(Names({.offset = 9, .limit = 2}), ElementsAre());
}

TEST_F(OverviewTest, DrawsTheWholeRunWithItsExtremes) {
  jobs.KeepHistory({});
  for (int i = 0; i < 5000; ++i) AddLoss("a", i == 1234 ? 77 : 1);
  const json::value row = Overview().at("jobs").at(0);
  const auto& line = row.at("sparkline").as_array();
  EXPECT_LE(line.size(), 40u);
  EXPECT_GE(line.size(), 20u);
  EXPECT_EQ(std::ranges::count_if(line, [](const json::value& loss) { return loss.to_number<double>() == 77; }), 1);
}

TEST_F(OverviewTest, FallsBackOnTheLastWindow) {
  for (int i = 0; i < 50; ++i) AddLoss("a", i);
  EXPECT_EQ(Overview().at("jobs").at(0).at("sparkline").as_array().size(), 30u);
}

TEST_F(OverviewTest, NamesOtherLosses) {
  AddLoss("a", 1);
  AddLoss("a", NAN, "aux");
  const json::value row = Overview().at("jobs").at(0);
  EXPECT_EQ(row.at("loss"), "train");
  EXPECT_EQ(row.at("others").at(0).at("loss"), "aux");
  EXPECT_EQ(row.at("others").at(0).at("regime"), "non_finite");
}

}  // namespace
}  // namespace lossd::exporter
