#include "cli/top/top_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "export/history_json.h"
#include "export/job_fixture.h"
#include "export/overview.h"

namespace lossd::cli {
namespace {

class TopDataTest : public exporter::JobFixture {
 protected:
  TopDataTest() { jobs.KeepHistory({}); }
};

TEST_F(TopDataTest, ReadsTheOverview) {
  for (int i = 0; i < 3; ++i) AddLoss("a", 3 - i);
  AddLoss("a", NAN);
  const auto overview = ParseOverview(exporter::OverviewJson(jobs, {}, now.wall));
  ASSERT_TRUE(overview.has_value());
  EXPECT_EQ(overview->total, 1u);
  EXPECT_EQ(overview->running, 1u);
  EXPECT_EQ(overview->trouble, 1u);
  ASSERT_EQ(overview->rows.size(), 1u);
  EXPECT_EQ(overview->rows[0].regime, "non_finite");
  EXPECT_TRUE(std::isnan(*overview->rows[0].last_loss));
  EXPECT_FALSE(overview->rows[0].step.has_value());
  EXPECT_EQ(overview->rows[0].curve.size(), 4u);
  EXPECT_EQ(overview->rows[0].silent_seconds, 0);
}

TEST_F(TopDataTest, ReadsARun) {
  for (int i = 0; i < 40; ++i) {
    core::Sample sample;
    sample.value = 40 - i;
    sample.step = 10 * i;
    Add("a", sample);
  }
  AddLoss("a", NAN);
  const auto run = ParseRun(exporter::HistoryJson(*jobs.Find("a"), {.losses = {"train"}}, now.wall));
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->loss, "train");
  EXPECT_TRUE(run->has_steps);
  ASSERT_EQ(run->step.size(), 41u);
  EXPECT_EQ(run->max[0], 40);
  EXPECT_TRUE(std::isnan(run->max[40]));
  ASSERT_FALSE(run->changes.empty());
  EXPECT_EQ(run->changes.back().regime, "non_finite");
  EXPECT_EQ(run->changes.back().point, 40u);
  EXPECT_EQ(run->best_loss, 1);
}

TEST_F(TopDataTest, ReadsWhyAJobFailed) {
  for (int i = 0; i < 3; ++i) AddLoss("a", 3 - i);
  core::FailureReport report;
  report.reason = core::Failure::kNccl;
  report.last_line = "Watchdog caught collective operation timeout";
  jobs.Fail("a", report, now);
  const auto overview = ParseOverview(exporter::OverviewJson(jobs, {}, now.wall));
  ASSERT_TRUE(overview.has_value());
  EXPECT_EQ(overview->running, 0u);
  EXPECT_EQ(overview->rows.at(0).state, "failed");
  EXPECT_EQ(overview->rows.at(0).failure, "nccl");
  const auto run = ParseRun(exporter::HistoryJson(*jobs.Find("a"), {.losses = {"train"}}, now.wall));
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->state, "failed");
  EXPECT_EQ(run->failure, "nccl");
  EXPECT_EQ(run->last_line, "Watchdog caught collective operation timeout");
}

TEST_F(TopDataTest, HasAPlaceForEveryPointWhateverTheServerSays) {
  core::Sample sample;
  sample.value = 2;
  sample.step = 7;
  Add("a", sample);
  std::string text = exporter::HistoryJson(*jobs.Find("a"), {.losses = {"train"}}, now.wall);
  for (const char* column : {"step", "min", "max", "smoothed"}) {
    const std::size_t begin = text.find("\"" + std::string(column) + "\":[");
    ASSERT_NE(begin, std::string::npos) << column;
    const std::size_t open = text.find('[', begin);
    text.erase(open + 1, text.find(']', open) - open - 1);
  }
  const auto run = ParseRun(text);
  ASSERT_TRUE(run.has_value());
  for (const auto* column : {&run->step, &run->min, &run->max, &run->smoothed}) {
    ASSERT_EQ(column->size(), 1u);
    EXPECT_TRUE(std::isnan(column->front()));
  }
}

TEST(TopData, TakesNothingElse) {
  for (const char* text : {"", "{", "{}", "[]", "null", "<html>", R"({"total":"x"})"}) {
    EXPECT_FALSE(ParseOverview(text).has_value()) << text;
    EXPECT_FALSE(ParseRun(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace lossd::cli
