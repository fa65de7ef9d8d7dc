#include "app/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <limits>
#include <map>
#include <sstream>
#include <string>

namespace lossd::app {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class IntakeTest : public ::testing::Test {
 protected:
  std::optional<core::Rejection> Take(double loss, core::Origin origin = core::Origin::kLive,
                                      const std::string& source = "file", const core::Labels& labels = {}) {
    core::Sample sample;
    sample.value = loss;
    sample.step = step++;
    return intake.Take("llama", labels, sample, {now, origin, source});
  }
  /// What a counter of the intake shows, by its label.
  std::map<std::string, double> Counts(const std::string& name) {
    std::map<std::string, double> counts;
    for (const auto& family : intake.Collect()) {
      for (const auto& series : family.metric) {
        if (family.name == name) counts[series.label.at(0).value] = series.counter.value;
      }
    }
    return counts;
  }
  void Pass(std::chrono::nanoseconds time) {
    now.steady += time;
    now.wall += time;
    while (!intake.Tick(now, 1)) {
    }
  }

  core::Instant now{seconds(1000), core::Timestamp(seconds(1'700'000'000))};
  std::int64_t step = 0;
  std::ostringstream logged;
  logging::Log log{logging::LogLevel::kInfo, logging::LogFormat::kLogfmt, logged};
  core::JobTable jobs{core::TrackerOptions{}, core::JobLimits{}};
  Intake intake{jobs, log};
};

TEST_F(IntakeTest, CountsSamplesBySource) {
  intake.AddSource("file");
  intake.AddSource("stdin");
  Take(1);
  Take(1, core::Origin::kLive, "http");
  Take(1, core::Origin::kLive, "http");
  EXPECT_THAT(Counts("lossd_samples_total"), ElementsAre(Pair("file", 1), Pair("http", 2), Pair("stdin", 0)));
}

TEST_F(IntakeTest, CountsRejectionsByReason) {
  EXPECT_EQ(Take(1, core::Origin::kLive, "file", {{"bad-name", "x"}}), core::Rejection::kBadLabel);
  EXPECT_THAT(Counts("lossd_samples_rejected_total"), ElementsAre(Pair("bad_label", 1)));
  EXPECT_THAT(Counts("lossd_samples_total"), IsEmpty());
}

TEST_F(IntakeTest, GivesExternalLabelsUnlessTheJobHasItsOwn) {
  intake.SetExternalLabels({{"cluster", "a100"}, {"team", "any"}});
  Take(1, core::Origin::kLive, "file", {{"team", "nlp"}});
  Take(1);
  EXPECT_THAT(jobs.Find("llama")->labels, ElementsAre(Pair("cluster", "a100"), Pair("team", "nlp")));
}

TEST_F(IntakeTest, WarnsOfANonFiniteLossAsItHappens) {
  Take(1);
  Take(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(logged.str(), HasSubstr("level=warn msg=\"regime changed\" training_job=llama loss=train from=warming_up "
                                      "to=non_finite step=1"));
  EXPECT_THAT(logged.str(), HasSubstr("level=warn msg=\"non_finite\" training_job=llama loss=train step=1 value=nan"));
}

TEST_F(IntakeTest, IsSilentAboutHistory) {
  Take(1, core::Origin::kCatchUp);
  Take(std::numeric_limits<double>::quiet_NaN(), core::Origin::kCatchUp);
  EXPECT_EQ(logged.str(), "");
}

TEST_F(IntakeTest, LogsJobsThatExpireFinishOrAreRemoved) {
  Take(1);
  EXPECT_TRUE(intake.Finish("llama", now));
  EXPECT_THAT(logged.str(), HasSubstr("msg=\"job finished\" training_job=llama"));
  Pass(hours(2));
  EXPECT_THAT(logged.str(), HasSubstr("msg=\"job expired\" training_job=llama"));
  EXPECT_FALSE(intake.Finish("llama", now));
  EXPECT_FALSE(intake.Remove("llama"));
  Take(1);
  EXPECT_TRUE(intake.Remove("llama"));
  EXPECT_THAT(logged.str(), HasSubstr("msg=\"job removed\" training_job=llama"));
}

TEST_F(IntakeTest, WarnsOfAStall) {
  for (int i = 0; i < 50; ++i) {
    Take(1.0 / (i + 1));
    Pass(seconds(1));
  }
  Pass(std::chrono::minutes(50));
  EXPECT_THAT(logged.str(), HasSubstr("level=warn msg=\"regime changed\" training_job=llama loss=train from="));
  EXPECT_THAT(logged.str(), HasSubstr("to=stalled"));
}

}  // namespace
}  // namespace lossd::app
