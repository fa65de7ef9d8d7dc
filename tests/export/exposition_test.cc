#include "export/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace lossd::exporter {
namespace {

std::string Number(double number) {
  std::string text;
  AppendNumber(text, number);
  return text;
}

std::string Labels(const core::Labels& foreign) {
  std::string text;
  AppendForeignLabels(text, foreign);
  return text;
}

TEST(AppendNumber, WritesTheShortestTextThatReadsBack) {
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(-2.5e-7), "-2.5e-07");
  EXPECT_EQ(Number(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(Number(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(Number(std::numeric_limits<double>::denorm_min()), "5e-324");
}

TEST(AppendNumber, WritesWholeNumbersWithoutExponent) {
  EXPECT_EQ(Number(0), "0");
  EXPECT_EQ(Number(-0.0), "-0");
  EXPECT_EQ(Number(100000), "100000");
  EXPECT_EQ(Number(1.7e9), "1700000000");
  EXPECT_EQ(Number(-9007199254740991), "-9007199254740991");
  EXPECT_EQ(Number(1e22), "1e+22");
}

TEST(AppendNumber, NamesWhatIsNotFinite) {
  EXPECT_EQ(Number(std::nan("")), "NaN");
  EXPECT_EQ(Number(-std::nan("")), "NaN");
  EXPECT_EQ(Number(HUGE_VAL), "+Inf");
  EXPECT_EQ(Number(-HUGE_VAL), "-Inf");
}

TEST(AppendLabel, EscapesValues) {
  std::string labels;
  AppendLabel(labels, "a", "back\\slash \"quote\"\nline");
  AppendLabel(labels, "b", "\xff");
  EXPECT_EQ(labels, "a=\"back\\\\slash \\\"quote\\\"\\nline\",b=\"\xEF\xBF\xBD\"");
}

TEST(AppendForeignLabels, MakesNamesValid) {
  EXPECT_EQ(Labels({{"a.b-c/d", "1"}, {"1st", "2"}, {"\xC3\xA9", "3"}, {"", "4"}}),
            "_=\"4\",_1st=\"2\",a_b_c_d=\"1\",exported___=\"3\"");
}

TEST(AppendForeignLabels, PrefixesWhatClashes) {
  EXPECT_EQ(Labels({{"loss", "1"}}), "exported_loss=\"1\"");
  EXPECT_EQ(Labels({{"training_job", "1"}, {"exported_training_job", "2"}}),
            "exported_training_job=\"2\",exported_exported_training_job=\"1\"");
  EXPECT_EQ(Labels({{"a-b", "1"}, {"a.b", "2"}}), "a_b=\"1\",exported_a_b=\"2\"");
  EXPECT_EQ(Labels({{"__name__", "1"}}), "exported___name__=\"1\"");
}

TEST(AppendForeignLabels, LeavesOutEmptyValues) { EXPECT_EQ(Labels({{"a", ""}, {"b", "c"}}), "b=\"c\""); }

TEST(AppendHead, NamesACounterByItsFormat) {
  std::string text;
  AppendHead(text, "x_total", "counter", "A \"b\" \\ c\nd.", TextFormat::kPrometheus);
  EXPECT_EQ(text, "# HELP x_total A \"b\" \\\\ c\\nd.\n# TYPE x_total counter\n");
  text.clear();
  AppendHead(text, "x_total", "counter", "A \"b\" \\ c\nd.", TextFormat::kOpenMetrics);
  EXPECT_EQ(text, "# HELP x A \\\"b\\\" \\\\ c\\nd.\n# TYPE x counter\n");
}

}  // namespace
}  // namespace lossd::exporter
