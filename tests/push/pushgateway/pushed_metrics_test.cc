#include "push/pushgateway/pushed_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/event_file.h"

namespace lossd::push {
namespace {

using support::BytesField;
using support::DoubleField;
using support::Varint;
using support::VarintField;

constexpr const char* kProtobuf =
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

std::string Delimited(const std::string& message) { return Varint(message.size()) + message; }
/// A family with one metric whose value is in `field`: 2 a gauge, 3 a counter, 5 untyped.
std::string Family(std::string_view name, std::uint32_t field, double value, const std::string& more = "") {
  return BytesField(1, name) + VarintField(3, 1) + BytesField(4, more + BytesField(field, DoubleField(1, value)));
}
std::string Label(std::string_view name, std::string_view value) {
  return BytesField(1, BytesField(1, name) + BytesField(2, value));
}

std::string ErrorOf(std::string_view type, std::string_view body) {
  const auto parsed = ParsePush(type, body);
  return parsed ? "none" : parsed.error().reason;
}

TEST(PushedMetrics, ReadsDelimitedProtobuf) {
  const auto parsed = ParsePush(kProtobuf, Delimited(Family("loss", 2, 0.1, Label("b", "2") + Label("a", "1"))) +
                                               Delimited(Family("steps_total", 3, 7)) + Delimited(Family("x", 5, 3)));
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 3U);
  EXPECT_EQ((*parsed)[0].value, 0.1);
  EXPECT_EQ((*parsed)[0].labels.front().first, "a");
  EXPECT_EQ((*parsed)[1].type, text::MetricType::kCounter);
  EXPECT_EQ((*parsed)[2].name, "x");
}

TEST(PushedMetrics, AnyOtherContentTypeIsText) {
  for (const char* type : {"", "text/plain; version=0.0.4", "application/x-www-form-urlencoded",
                           "application/vnd.google.protobuf; proto=other; encoding=delimited"}) {
    const auto parsed = ParsePush(type, "loss 0.5\n");
    ASSERT_TRUE(parsed) << type;
    EXPECT_EQ(parsed->size(), 1U);
  }
}

TEST(PushedMetrics, RefusesWhatThePushgatewayRefuses) {
  EXPECT_EQ(ErrorOf("", "loss 0.5 1700000000000\n"), "pushed metrics must not have timestamps: loss has one");
  EXPECT_EQ(ErrorOf("", "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n"), "a was given twice with the same labels");
  EXPECT_EQ(ErrorOf("", "loss 0.5\nloss\n"), "text format parsing error in line 2: loss has no value");
  EXPECT_EQ(ErrorOf("", ""), "none");
}

TEST(PushedMetrics, SaysWhichMessageIsWrong) {
  const std::string sound = Delimited(Family("loss", 2, 0.1));
  EXPECT_EQ(ErrorOf(kProtobuf, sound + Varint(1000) + "abc"), "message 2 of the body is cut short");
  EXPECT_EQ(ErrorOf(kProtobuf, sound + "\xFF"), "message 2 of the body has no length");
  EXPECT_EQ(ErrorOf(kProtobuf, Varint(2) + "\xFF\xFF"), "message 1 of the body is no MetricFamily");
  EXPECT_EQ(ErrorOf(kProtobuf, Delimited(Family("1loss", 2, 0.1))), "message 1 of the body has no valid metric name");
  EXPECT_EQ(ErrorOf(kProtobuf, Delimited(Family("loss", 2, 0.1, Label("a b", "1")))), "invalid label name of loss");
  EXPECT_EQ(ErrorOf(kProtobuf, Delimited(Family("loss", 2, 0.1, VarintField(6, 5)))),
            "pushed metrics must not have timestamps: loss has one");
}

}  // namespace
}  // namespace lossd::push
