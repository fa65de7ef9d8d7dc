#include "export/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "export/job_fixture.h"
#include "export/metric_catalog.h"
#include "support/golden_file.h"

namespace lossd::exporter {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kInf = std::numeric_limits<double>::infinity();

class MetricsPageTest : public JobFixture {
 protected:
  std::string Page(TextFormat format = TextFormat::kPrometheus) const { return RenderMetrics(jobs, own, format); }

  /// A job that has logged everything, one with a single loss that is not finite, and every count of our own.
  void FillEverything() {
    for (int i = 0; i < 15; ++i) {
      core::Sample sample;
      sample.value = 4 - 0.125 * i + (i % 3 == 0 ? 0.0625 : 0);
      sample.step = 10 * i;
      sample.epoch = 0.5 * i;
      sample.learning_rate = 3e-4;
      sample.gradient_norm = 1.5;
      Add("llama-7b", sample, {{"team", "nlp"}, {"note", "a \"b\" \\ \n c"}});
    }
    AddLoss("llama-7b", 3.5, "eval");
    AddLoss("vision", std::nan(""));
    own.version = "1.2.3";
    own.revision = "abc";
    own.compiler = "g++ 12";
    own.start_time_seconds = 1'700'000'000.25;
    own.lines_matched = 100'000;
    own.lines_ignored = {{"blank", 2}, {"no_loss", 3}};
    own.bytes_read = 123'456'789'012;
    own.rotations = 1, own.truncations = 2;
    own.open_files = 3, own.watches_refused = 11, own.watch_overflows = 12;
    own.file_errors = {{"EACCES", 4}};
    own.files = {{"/logs/a.log", "llama-7b", 17, true}, {"/logs/b.log", "", 0, false}};
    own.http_requests = {{"200", 5}, {"404", 1}};
    own.http_connections_refused = 6;
    own.tls_handshakes_failed = 3;
    own.samples = {{"file", 8}, {"http", 2}};
    own.samples_rejected = {{"job_limit", 7}};
    own.jobs_expired = 8;
    own.config_reload_success_time_seconds = 1'700'000'001;
    own.last_scrape_duration_seconds = 0.0025;
    own.state_saves = 9, own.state_save_failures = 10;
    own.state_loads = {{"damaged", 1}};
    own.clock_jumps = {{"back", 1}, {"forward", 2}};
  }

  OwnStats own;
};

TEST_F(MetricsPageTest, GoldenPrometheusPage) {
  FillEverything();
  ExpectGolden("metrics_page.prom", Page());
}

TEST_F(MetricsPageTest, GoldenOpenMetricsPage) {
  FillEverything();
  ExpectGolden("metrics_page.openmetrics", Page(TextFormat::kOpenMetrics));
}

TEST_F(MetricsPageTest, LeavesOutWhatMeansNothingYet) {
  AddLoss("j", 1);
  EXPECT_THAT(Page(), Not(HasSubstr("loss_velocity")));
  EXPECT_THAT(Page(), Not(HasSubstr("loss_acceleration")));
  EXPECT_THAT(Page(), Not(HasSubstr("training_step{")));
  EXPECT_THAT(Page(), Not(HasSubstr("training_learning_rate")));
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} 1\n"));
  AddLoss("j", 0.5);
  EXPECT_THAT(Page(), HasSubstr("loss_velocity{training_job=\"j\",loss=\"train\",window=\"30\"} -0.5\n"));
  EXPECT_THAT(Page(), Not(HasSubstr("loss_acceleration")));
  for (int i = 0; i < 4; ++i) AddLoss("j", 0.25);
  EXPECT_THAT(Page(), HasSubstr("loss_acceleration{training_job=\"j\",loss=\"train\",window=\"30\"}"));
}

TEST_F(MetricsPageTest, TellsHowSureItIsOfSlopeAndCurvature) {
  for (int i = 0; i < 30; ++i) AddLoss("j", 9 - 0.01 * i * i + (i % 3 == 0 ? 0.02 : 0));
  const std::optional<double> acceleration =
      jobs.Find("j")->series.at("train").Snapshot().windows[1].acceleration_tstat;
  ASSERT_TRUE(acceleration);
  EXPECT_LT(*acceleration, -10);
  EXPECT_THAT(Page(), HasSubstr("loss_velocity_tstat{training_job=\"j\",loss=\"train\",window=\"30\"} -"));
  EXPECT_THAT(Page(), HasSubstr("loss_acceleration_tstat{training_job=\"j\",loss=\"train\",window=\"30\"} -"));
}

TEST_F(MetricsPageTest, TellsHowFarALossHasLeftItsLevel) {
  const std::string series = "loss_excursion_deviations{training_job=\"j\",loss=\"train\"} ";
  AddLoss("j", 2);
  EXPECT_THAT(Page(), Not(HasSubstr("loss_excursion_deviations")));
  for (int i = 0; i < 100; ++i) AddLoss("j", 2 + 0.05 * std::sin(i * i));
  EXPECT_THAT(Page(), HasSubstr(series + "0\n"));
  for (int i = 0; i < 10; ++i) AddLoss("j", 9);
  EXPECT_THAT(Page(), HasSubstr(series));
  EXPECT_THAT(Page(), Not(HasSubstr(series + "0\n")));
}

TEST_F(MetricsPageTest, SpellsNonFiniteNumbersAsPrometheusDoes) {
  AddLoss("j", std::nan(""));
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} NaN\n"));
  AddLoss("j", kInf);
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} +Inf\n"));
  AddLoss("j", -kInf);
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\"} -Inf\n"));
  for (const char* kind : {"nan", "+inf", "-inf"}) {
    EXPECT_THAT(Page(), HasSubstr("training_loss_nonfinite_total{training_job=\"j\",loss=\"train\",kind=\"" +
                                  std::string(kind) + "\"} 1\n"));
  }
}

TEST_F(MetricsPageTest, HasExactlyOneRegime) {
  AddLoss("j", 1);
  const std::string page = Page();
  std::size_t ones = 0, zeros = 0;
  for (const core::Regime regime : core::kRegimes) {
    const std::string series =
        "training_regime{training_job=\"j\",loss=\"train\",regime=\"" + std::string(core::Name(regime)) + "\"} ";
    ones += page.find(series + "1\n") != std::string::npos;
    zeros += page.find(series + "0\n") != std::string::npos;
  }
  EXPECT_EQ(ones, 1u);
  EXPECT_EQ(zeros, core::kRegimeCount - 1);
}

TEST_F(MetricsPageTest, GivesEverySeriesOfAJobItsLabels) {
  core::Sample sample;
  sample.step = 5;
  Add("j", sample, {{"team", "nlp"}});
  EXPECT_THAT(Page(), HasSubstr("training_step{training_job=\"j\",team=\"nlp\"} 5\n"));
  EXPECT_THAT(Page(), HasSubstr("training_loss{training_job=\"j\",loss=\"train\",team=\"nlp\"} 0\n"));
}

TEST_F(MetricsPageTest, WritesNoFamilyWithoutSamples) {
  const std::string page = Page();
  EXPECT_THAT(page, Not(HasSubstr("training_")));
  EXPECT_THAT(page, Not(HasSubstr("lossd_lines_ignored_total")));
  EXPECT_THAT(page, HasSubstr("lossd_jobs 0\n"));
}

TEST_F(MetricsPageTest, IsTheSameTextForTheSameState) {
  FillEverything();
  EXPECT_EQ(Page(), Page());
}

TEST_F(MetricsPageTest, ForgetsARemovedJob) {
  AddLoss("gone", 1);
  jobs.Remove("gone");
  EXPECT_THAT(Page(), Not(HasSubstr("gone")));
}

TEST(MetricCatalog, HasOneEntryForEveryMetric) {
  ASSERT_EQ(MetricCatalog().size(), kMetricCount);
  EXPECT_EQ(InfoOf(Metric::kVelocity).name, "loss_velocity");
  EXPECT_EQ(InfoOf(Metric::kBuildInfo).name, "lossd_build_info");
  EXPECT_EQ(InfoOf(Metric::kStateSaveFailures).name, "lossd_state_save_failures_total");
}

TEST(MetricCatalog, FollowsTheRulesForNames) {
  std::set<std::string_view> names;
  for (const MetricInfo& metric : MetricCatalog()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == "counter") << metric.name;
    EXPECT_TRUE(metric.type == "gauge" || metric.type == "counter") << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
  }
}

TEST(NegotiateFormat, AnswersPrometheusAsItAsks) {
  // What Prometheus 2.42 and 3.0 send.
  EXPECT_EQ(
      NegotiateFormat("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
      TextFormat::kOpenMetrics);
  EXPECT_EQ(NegotiateFormat(
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
                "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
                "text/plain;version=0.0.4;q=0.2,/;q=0.1"),
            TextFormat::kOpenMetrics);
  EXPECT_EQ(
      NegotiateFormat("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"),
      TextFormat::kPrometheus);
}

TEST(NegotiateFormat, AnswersTextWhereNobodyAsksForOpenMetrics) {
  for (const char* accept :
       {"", "*/*", "text/plain", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/openmetrics-text;q=0", "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;q=nonsense", "application/openmetrics-text;q=7", "application/json",
        "application/openmetrics-text;q=0.5, text/*", "application/openmetrics-text;q=0.5, */*;q=0.6"}) {
    EXPECT_EQ(NegotiateFormat(accept), TextFormat::kPrometheus) << accept;
  }
}

TEST(NegotiateFormat, ReadsQualitiesAndVersions) {
  for (const char* accept :
       {"application/openmetrics-text", "Application/OpenMetrics-Text; Version=\"1.0.0\" ; Q=0.3",
        "application/openmetrics-text, */*", "text/plain;q=0.2, application/openmetrics-text;q=0.3",
        ", ,application/openmetrics-text;q=1.000,;;="}) {
    EXPECT_EQ(NegotiateFormat(accept), TextFormat::kOpenMetrics) << accept;
  }
}

TEST(ContentType, NamesTheVersion) {
  EXPECT_EQ(ContentType(TextFormat::kPrometheus), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(ContentType(TextFormat::kOpenMetrics), "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

}  // namespace
}  // namespace lossd::exporter
