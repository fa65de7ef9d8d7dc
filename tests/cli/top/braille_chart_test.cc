#include "cli/top/braille_chart.h"

#include <gmock/gmock.h>

#include <cmath>

namespace lossd::cli {
namespace {

using testing::ElementsAre;

std::vector<std::string> Draw(const std::vector<double>& losses, std::size_t width, std::size_t height,
                              Charset charset) {
  return DrawCurve(losses, losses, width, height, RangeOf({&losses}, false), false, charset);
}

TEST(DrawCurve, DrawsALineDown) {
  EXPECT_THAT(Draw({3, 2, 1, 0}, 4, 4, Charset::kAscii), ElementsAre("**  ", " ** ", "  **", "   *"));
  EXPECT_THAT(Draw({1, 0}, 1, 1, Charset::kUtf8), ElementsAre("⢹"));
}

TEST(DrawCurve, LeavesAGapWhereThereIsNoLoss) {
  EXPECT_THAT(Draw({1, NAN, 1}, 3, 1, Charset::kAscii), ElementsAre("* *"));
  EXPECT_THAT(Draw({}, 3, 1, Charset::kAscii), ElementsAre("   "));
}

TEST(DrawCurve, ShowsEveryExtreme) {
  std::vector<double> min(1000, 1), max(1000, 1);
  max[500] = 9;
  const auto lines = DrawCurve(min, max, 10, 5, RangeOf({&min, &max}, false), false, Charset::kAscii);
  EXPECT_EQ(lines[0], "     *    ");
}

TEST(DrawCurve, HasALogarithmicScale) {
  EXPECT_THAT(DrawCurve({100, 10, 1}, {100, 10, 1}, 3, 3, {1, 100}, true, Charset::kAscii),
              ElementsAre("** ", " **", "  *"));
}

TEST(RangeOf, IsNeverEmpty) {
  const std::vector<double> equal(3, 2.0), none = {NAN, HUGE_VAL};
  EXPECT_LT(RangeOf({&equal}, false).low, RangeOf({&equal}, false).high);
  EXPECT_EQ(RangeOf({&none}, false).high, 1);
  const std::vector<double> mixed = {-1, 1, 100};
  EXPECT_EQ(RangeOf({&mixed}, true).low, 1);
}

}  // namespace
}  // namespace lossd::cli
