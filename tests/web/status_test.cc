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

TEST(Status, TellsWhyASourceIsSilentAndWhichLinesGaveNothing) {
  Status status;
  status.own = {Gauge("lossd_file_lines_total", 400, {{"path", "/b"}, {"training_job", "b"}})};
  SourceDetail fine, silent;
  fine.path = "/a";
  fine.ignored = {{"no_loss", "epoch 1"}};
  silent.path = "/b";
  silent.job = "b";
  silent.bytes_read = 4096;
  silent.ignored = {{"no_loss", "older"}, {"unparsable", "\xff<b>"}};
  silent.silence = {"first", "second", "third"};
  status.details = {fine, silent};
  const boost::json::value json = boost::json::parse(StatusJson(status, {}));
  ASSERT_EQ(json.at("sources").as_array().size(), 2u);
  EXPECT_TRUE(json.at("sources").at(0).at("silence").as_array().empty());
  EXPECT_EQ(json.at("sources").at(1).at("bytes_read"), 4096);
  EXPECT_EQ(json.at("sources").at(1).at("lossd_file_lines_total").to_number<int>(), 400);
  EXPECT_EQ(json.at("sources").at(1).at("silence").at(0), "first");
  ASSERT_EQ(json.at("ignored").as_array().size(), 3u);
  EXPECT_EQ(json.at("ignored").at(0).at("path"), "/b");
  EXPECT_EQ(json.at("ignored").at(0).at("reason"), "unparsable");
  EXPECT_EQ(json.at("ignored").at(1).at("text"), "older");
  EXPECT_EQ(json.at("ignored").at(2).at("path"), "/a");
}

TEST(Status, TellsOfSoManyLinesAtMost) {
  Status status;
  SourceDetail detail;
  detail.path = "/a";
  detail.ignored = {{"no_loss", "x"}, {"no_loss", "y"}};
  status.details.assign(50, detail);
  EXPECT_EQ(boost::json::parse(StatusJson(status, {})).at("ignored").as_array().size(), kMaxIgnored);
}

}  // namespace
}  // namespace lossd::web
