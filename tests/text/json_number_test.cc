#include "text/json_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

namespace lossd::text {
namespace {

std::optional<double> Double(std::string_view text) {
  double number = 0;
  return ToDouble(text, number) == std::errc() ? std::optional(number) : std::nullopt;
}

TEST(ToDouble, ReadsEverySpelling) {
  EXPECT_EQ(Double("2.31"), 2.31);
  EXPECT_EQ(Double(" +1e-3\n"), 1e-3);
  EXPECT_EQ(Double(".5"), 0.5);
  EXPECT_EQ(Double("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*Double("nan")));
}

TEST(ToDouble, RefusesWhatIsNoNumberToItsEnd) {
  for (const char* text : {"", " ", "1h", "64KiB", "1,234", "+-1", "nan(1)", "0x10", "1 2"}) {
    EXPECT_FALSE(Double(text).has_value()) << text;
  }
}

TEST(ToDouble, LeavesTheNumberAloneWhereItFails) {
  for (const char* text : {"1h30m", "x", "1e400", "-1e99999999999999999999"}) {
    double number = 7;
    EXPECT_NE(ToDouble(text, number), std::errc()) << text;
    EXPECT_EQ(number, 7) << text;
  }
}

TEST(ToDouble, TakesWhatIsTooSmallForZero) {
  for (const char* text : {"1e-400", "0.0000000001e-330", "1e-99999999999999999999"})
    EXPECT_EQ(Double(text), 0) << text;
}

TEST(IsNumberToken, IsTheGrammarOfJsonAndOfPython) {
  for (const char* token : {"0", "-1.5e+3", "10", "NaN", "-Infinity"}) EXPECT_TRUE(IsNumberToken(token)) << token;
  for (const char* token : {"", "-", "01", "1.", ".5", "1e", "+1", "nan", "1 "})
    EXPECT_FALSE(IsNumberToken(token)) << token;
}

}  // namespace
}  // namespace lossd::text
