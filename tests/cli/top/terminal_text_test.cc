#include "cli/top/terminal_text.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>

namespace lossd::cli {
namespace {

TEST(InCells, FillsAndCuts) {
  std::setlocale(LC_ALL, "C.UTF-8");
  EXPECT_EQ(InCells("abc", 5), "abc  ");
  EXPECT_EQ(InCells("abc", 5, true), "  abc");
  EXPECT_EQ(InCells("abcdef", 4), "abc…");
  EXPECT_EQ(InCells("abc", 0), "");
}

TEST(InCells, CountsWideCharactersAndCombiningOnes) {
  std::setlocale(LC_ALL, "C.UTF-8");
  EXPECT_EQ(CellWidth("漢字"), 4u);
  EXPECT_EQ(CellWidth("e\u0301"), 1u);
  EXPECT_EQ(InCells("漢字漢", 4), "漢… ");
  EXPECT_EQ(CellWidth("\xff"), 1u);
}

TEST(ShortText, TellsNumbers) {
  EXPECT_EQ(ShortText(2.312345), "2.312");
  EXPECT_EQ(ShortText(0.5, true), "+0.5");
  EXPECT_EQ(ShortText(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(ShortText(std::nullopt), "-");
}

TEST(ShortDuration, TellsTimes) {
  EXPECT_EQ(ShortDuration(12.3), "12s");
  EXPECT_EQ(ShortDuration(3700), "1h01");
  EXPECT_EQ(ShortDuration(-1), "0s");
  EXPECT_EQ(ShortDuration(3 * 86400), "3d");
}

}  // namespace
}  // namespace lossd::cli
