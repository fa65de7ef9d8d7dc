#include "export/job_json.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "export/job_fixture.h"
#include "export/json_text.h"

namespace lossd::exporter {
namespace {

namespace json = boost::json;

using JobJsonTest = JobFixture;

TEST_F(JobJsonTest, ListsNothing) { EXPECT_EQ(JobListJson(jobs), R"({"jobs":[]})"); }

TEST_F(JobJsonTest, ListsJobsWithTheRegimeOfEachSeries) {
  core::Sample sample;
  sample.step = 7;
  Add("b", sample, {{"team", "nlp"}});
  AddLoss("b", 1, "eval");
  AddLoss("a", 1);
  jobs.Finish("a", now);
  const json::value list = json::parse(JobListJson(jobs));
  ASSERT_EQ(list.at("jobs").as_array().size(), 2u);
  const json::value& first = list.at("jobs").at(0);
  EXPECT_EQ(first.at("training_job"), "a");
  EXPECT_TRUE(first.at("finished").as_bool());
  EXPECT_TRUE(first.at("step").is_null());
  const json::value& second = list.at("jobs").at(1);
  EXPECT_EQ(second.at("labels").at("team"), "nlp");
  EXPECT_EQ(second.at("step"), 7);
  EXPECT_FALSE(second.at("finished").as_bool());
  EXPECT_EQ(second.at("regimes").at("train"), "warming_up");
  EXPECT_EQ(second.at("regimes").at("eval"), "warming_up");
}

TEST_F(JobJsonTest, TellsEverythingOfASeries) {
  for (int i = 0; i < 8; ++i) AddLoss("j", 8 - i);
  AddLoss("j", -HUGE_VAL);
  const json::value job = json::parse(JobJson(*jobs.Find("j")));
  EXPECT_EQ(job.at("last_sample_timestamp_seconds"), 1'700'000'090.0);
  ASSERT_EQ(job.at("series").as_array().size(), 1u);
  const json::value& series = job.at("series").at(0);
  EXPECT_EQ(series.at("loss"), "train");
  EXPECT_EQ(series.at("last_loss"), "-inf");
  EXPECT_EQ(series.at("best_loss"), 1.0);
  EXPECT_EQ(series.at("regime"), "non_finite");
  EXPECT_EQ(series.at("samples"), 9);
  EXPECT_EQ(series.at("nonfinite").at("-inf"), 1);
  EXPECT_EQ(series.at("nonfinite").at("nan"), 0);
  EXPECT_TRUE(series.at("first_step").is_null());
  EXPECT_EQ(series.at("transitions").as_object().size(), core::kRegimeCount);
  EXPECT_EQ(ToJsonText(series.at("history")), "[8.0,7.0,6.0,5.0,4.0,3.0,2.0,1.0]");
  ASSERT_EQ(series.at("windows").as_array().size(), 3u);
  EXPECT_EQ(series.at("windows").at(1).at("window"), 30);
  EXPECT_EQ(series.at("windows").at(1).at("velocity"), -1.0);
  EXPECT_TRUE(series.at("windows").at(1).at("velocity_per_step").is_null());
}

TEST_F(JobJsonTest, TellsTheFiguresBehindTheRegime) {
  const auto noise = [](int i) { return 0.05 * std::sin(i * i); };
  for (int i = 0; i < 200; ++i) AddLoss("j", 3 - 0.005 * i + noise(i));
  json::value evidence = json::parse(JobJson(*jobs.Find("j"))).at("series").at(0).at("evidence");
  EXPECT_EQ(evidence.at("finite_samples"), 200);
  EXPECT_TRUE(evidence.at("excursion").is_null());
  EXPECT_TRUE(evidence.at("rise").is_null());
  EXPECT_TRUE(evidence.at("oscillation").is_null());
  ASSERT_EQ(evidence.at("scales").as_array().size(), 3u);
  EXPECT_EQ(evidence.at("scales").at(2).at("window"), 128);
  EXPECT_LT(evidence.at("scales").at(2).at("z").as_double(), -3);

  for (int i = 0; i < 40; ++i) AddLoss("j", 9 + noise(i));
  const json::value series = json::parse(JobJson(*jobs.Find("j"))).at("series").at(0);
  evidence = series.at("evidence");
  EXPECT_EQ(series.at("regime"), "diverging");
  EXPECT_GT(evidence.at("excursion").at("deviations").as_double(), 20);
  EXPECT_EQ(evidence.at("excursion").at("samples"), 40);
  EXPECT_NEAR(evidence.at("rise").at("from").as_double(), 2, 0.1);
  EXPECT_LT(evidence.at("regime_age_samples").as_int64(), 40);
  EXPECT_FALSE(series.at("windows").at(1).at("acceleration_tstat").is_null());
}

}  // namespace
}  // namespace lossd::exporter
