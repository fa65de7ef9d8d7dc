#include "text/exposition_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace lossd::text {
namespace {

using testing::ElementsAre;
using testing::Pair;

std::vector<ExpositionSample> Parse(std::string_view page) {
  std::vector<ExpositionSample> samples;
  const auto error = ParseExposition(page, samples);
  EXPECT_FALSE(error) << error->reason;
  return samples;
}

std::string ErrorOf(std::string_view page) {
  std::vector<ExpositionSample> samples;
  const auto error = ParseExposition(page, samples);
  return error ? std::to_string(error->line) + ": " + error->reason : "none";
}

TEST(ExpositionText, ReadsNamesLabelsAndValues) {
  const auto samples = Parse(
      "# HELP loss The loss.\n# TYPE loss gauge\nloss{phase=\"train\", host = \"a\\\\b\\\"c\\nd\",} 2.5\n"
      "\n  lr 1e-3\nsteps_total 7");
  ASSERT_EQ(samples.size(), 3U);
  EXPECT_EQ(samples[0].name, "loss");
  EXPECT_EQ(samples[0].type, MetricType::kGauge);
  EXPECT_THAT(samples[0].labels, ElementsAre(Pair("phase", "train"), Pair("host", "a\\b\"c\nd")));
  EXPECT_EQ(samples[0].value, 2.5);
  EXPECT_EQ(samples[1].value, 1e-3);
  EXPECT_EQ(samples[2].value, 7);
  EXPECT_EQ(samples[2].type, MetricType::kUntyped);
}

TEST(ExpositionText, ReadsWhatPrometheusWritesOfNonFiniteNumbers) {
  const auto samples = Parse("a NaN\nb +Inf\nc -Inf\n");
  EXPECT_TRUE(std::isnan(samples[0].value));
  EXPECT_EQ(samples[1].value, HUGE_VAL);
  EXPECT_EQ(samples[2].value, -HUGE_VAL);
}

TEST(ExpositionText, KnowsThePartsOfAHistogramAndACounter) {
  const auto samples = Parse(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 2\nh_count 1\nh_created 1.7e9\n"
      "# TYPE steps counter\nsteps_total 7\nsteps_created 1.7e9\n");
  for (const std::size_t i : {0U, 1U, 2U, 3U, 5U}) EXPECT_EQ(samples[i].type, MetricType::kPart) << i;
  EXPECT_EQ(samples[4].type, MetricType::kCounter);
}

TEST(ExpositionText, TakesOpenMetrics) {
  const auto samples =
      Parse("# TYPE a unknown\n# UNIT a seconds\na 1 1700000000.5 # {trace=\"x\"} 0.5\nb 2 # {} 1\n# EOF\n");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_TRUE(samples[0].has_timestamp);
  EXPECT_FALSE(samples[1].has_timestamp);
}

TEST(ExpositionText, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf("a 1\nb\n"), "2: b has no value");
  EXPECT_EQ(ErrorOf("1a 1\n"), "1: a line does not begin with a metric name");
  EXPECT_EQ(ErrorOf("a{b=1} 1\n"), "1: the value of the label b does not stand in quotes");
  EXPECT_EQ(ErrorOf("a{b=\"1} 1\n"), "1: the value of the label b does not stand in quotes");
  EXPECT_EQ(ErrorOf("a{b=\"1\" c=\"2\"} 1\n"), "1: neither ',' nor '}' behind the label b");
  EXPECT_EQ(ErrorOf("a{b=\"1\",b=\"2\"} 1\n"), "1: the label b is given twice");
  EXPECT_EQ(ErrorOf("a{0=\"1\"} 1\n"), "1: invalid label name of a");
  EXPECT_EQ(ErrorOf("a 1 2 3\n"), "1: something follows the value of a");
  EXPECT_EQ(ErrorOf("a one\n"), "1: no number: \"one\"");
  EXPECT_EQ(ErrorOf("# TYPE a gauge\n# TYPE a counter\n"), "2: second TYPE line for a");
  EXPECT_EQ(ErrorOf("# TYPE a thing\n"), "1: unknown metric type \"thing\"");
  EXPECT_EQ(ErrorOf(""), "none");
}

}  // namespace
}  // namespace lossd::text
