#include "push/trainjob/trainer_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lossd::push {
namespace {

std::string FaultOf(std::string_view body) {
  const auto status = ParseTrainerStatus(body);
  return status ? "none" : status.error().field + ": " + status.error().reason;
}

TEST(TrainerStatus, ValuesAreStrings) {
  const auto status = ParseTrainerStatus(
      R"({"trainerStatus":{"progressPercentage":45,"estimatedRemainingSeconds":795,"metrics":[{"name":"loss",)"
      R"("value":"0.2347"},{"name":"eval_loss","value":0.5},{"name":"grad_norm","value":"NaN"}],)"
      R"("lastUpdatedTime":"2026-01-31T12:30:00Z"}})");
  ASSERT_TRUE(status);
  ASSERT_EQ(status->metrics.size(), 3U);
  EXPECT_EQ(status->metrics[0].name, "loss");
  EXPECT_EQ(status->metrics[0].value, 0.2347);
  EXPECT_EQ(status->metrics[1].value, 0.5);
  EXPECT_EQ(status->time, core::Timestamp(std::chrono::seconds(1769862600)));
  EXPECT_FALSE(status->complete);
}

TEST(TrainerStatus, MayTellOfProgressAlone) {
  EXPECT_TRUE(ParseTrainerStatus(R"({"trainerStatus":{"progressPercentage":100}})")->complete);
  EXPECT_TRUE(ParseTrainerStatus(R"({"trainerStatus":{"metrics":null,"lastUpdatedTime":null}})"));
}

TEST(TrainerStatus, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(FaultOf("{"), ": not JSON");
  EXPECT_EQ(FaultOf("[]"), "trainerStatus: missing");
  EXPECT_EQ(FaultOf(R"({"trainerStatus":5})"), "trainerStatus: missing");
  EXPECT_EQ(FaultOf(R"({"trainerStatus":{"metrics":{}}})"), "trainerStatus.metrics: not a list");
  EXPECT_EQ(FaultOf(R"({"trainerStatus":{"metrics":[{"value":"1"}]}})"), "trainerStatus.metrics[0].name: missing");
  EXPECT_EQ(FaultOf(R"({"trainerStatus":{"metrics":[{"name":"a"}]}})"), "trainerStatus.metrics[0].value: missing");
  EXPECT_EQ(FaultOf(R"({"trainerStatus":{"metrics":[{"name":"a","value":"x"}]}})"),
            "trainerStatus.metrics[0].value: not a number");
  EXPECT_EQ(FaultOf(R"({"trainerStatus":{"lastUpdatedTime":"now"}})"),
            "trainerStatus.lastUpdatedTime: no time of RFC 3339");
}

}  // namespace
}  // namespace lossd::push
