#include "cli/run_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace lossd::cli {
namespace {

std::vector<core::RunHistory::Point> Points(const std::vector<float>& losses) {
  std::vector<core::RunHistory::Point> points;
  for (const float loss : losses) {
    core::RunHistory::Point& point = points.emplace_back();
    point.min = point.max = point.last = loss;
  }
  return points;
}

TEST(SparklineText, DrawsEachLossWithItsHeight) {
  EXPECT_EQ(SparklineText(Points({0, 1, 2, 3, 4, 5, 6, 7}), 10, Charset::kUtf8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(SparklineText(Points({7, 0, NAN, 3}), 10, Charset::kAscii), "#_!:");
}

TEST(SparklineText, FitsItsWidthAndShowsASpike) {
  std::vector<float> losses(1000, 1);
  for (std::size_t i = 0; i < 500; ++i) losses[i] = 2;
  losses[700] = 1000;
  const std::string line = SparklineText(Points(losses), 40, Charset::kAscii);
  EXPECT_EQ(line.size(), 40u);
  EXPECT_EQ(line[0], '#');
  EXPECT_EQ(line[27], '_');
  EXPECT_EQ(line[28], '#');
  EXPECT_EQ(line[39], '_');
}

TEST(SparklineText, OfNothingIsEmpty) {
  EXPECT_EQ(SparklineText({}, 40, Charset::kUtf8), "");
  EXPECT_EQ(SparklineText(Points({NAN, NAN}), 40, Charset::kUtf8), "!!");
  EXPECT_EQ(SparklineText(Points({3, 3}), 40, Charset::kUtf8), "▁▁");
}

TEST(ForTerminal, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(ForTerminal("a\x1b[31m\x07 b\x7f"), "a\\x1b[31m\\x07 b\\x7f");
  EXPECT_EQ(ForTerminal("x\u202ey\u2066"), "x\\u202ey\\u2066");
  EXPECT_EQ(ForTerminal("\xc2\x9b"
                        "31m é 🦙"),
            "\\x9b31m é 🦙");
}

}  // namespace
}  // namespace lossd::cli
