#include "web/status.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace lossd::web {
namespace {

prometheus::MetricFamily Gauge(const std::string& name, double value,
                               std::vector<prometheus::ClientMetric::Label> labels = {}) {
  prometheus::MetricFamily family;
  family.name = name;
  family.type = prometheus::MetricType::Gauge;
  family.metric.emplace_back();
  family.metric[0].label = std::move(labels);
  family.metric[0].gauge.value = value;
  return family;
}

TEST(Status, HidesWhatIsSecret) {
  Status status;
  status.config = {{"kafka.sasl_password", "hunter2"}, {"tracker.window", "30"}};
  const boost::json::value json = boost::json::parse(StatusJson(status, {}));
  EXPECT_EQ(json.at("config").at("kafka.sasl_password"), "<hidden>");
  EXPECT_EQ(json.at("config").at("tracker.window"), "30");
}

TEST(Status, TellsWhereSourcesStandAndTheCounts) {
  Status status;
  status.own = {Gauge("lossd_jobs", 3),
                Gauge("lossd_file_lag_bytes", 17, {{"path", "/logs/\"a\""}, {"training_job", "a"}}),
                Gauge("lossd_file_readable", 0, {{"path", "/logs/\"a\""}, {"training_job", "a"}}),
                Gauge("lossd_x", 1, {{"reason", "r"}, {"code", "200"}})};
  const boost::json::value json = boost::json::parse(StatusJson(status, core::Timestamp(std::chrono::seconds(5))));
  EXPECT_EQ(json.at("now").to_number<double>(), 5);
  ASSERT_EQ(json.at("sources").as_array().size(), 1u);
  EXPECT_EQ(json.at("sources").at(0).at("path"), "/logs/\"a\"");
  EXPECT_EQ(json.at("sources").at(0).at("lossd_file_lag_bytes").to_number<int>(), 17);
  EXPECT_EQ(json.at("sources").at(0).at("lossd_file_readable").to_number<int>(), 0);
  ASSERT_EQ(json.at("counts").as_array().size(), 2u);
  EXPECT_EQ(json.at("counts").at(1).at(0), "lossd_x{reason=\"r\", code=\"200\"}");
}

}  // namespace
}  // namespace lossd::web
