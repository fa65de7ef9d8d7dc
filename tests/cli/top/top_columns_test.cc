#include "cli/top/top_columns.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string_view>

namespace lossd::cli {
namespace {

TEST(TopColumns, HaveRoomForAStateAndItsReasonWhereTheTerminalIsWide) {
  EXPECT_LT(std::string_view("failed out of memory").size(), static_cast<std::size_t>(ColumnsOf(120).regime));
  EXPECT_EQ(ColumnsOf(119).regime, 16);
}

TEST(TopColumns, LeaveTheSameRoomToTheCurveAtEachWidth) {
  for (const int width : {80, 100, 119, 120, 200}) {
    const TopColumns columns = ColumnsOf(width);
    EXPECT_EQ(columns.name + columns.regime + 46 + (columns.wide ? 20 : 0), width) << width;
  }
  EXPECT_EQ(ColumnsOf(40).name, 12);
}

}  // namespace
}  // namespace lossd::cli
