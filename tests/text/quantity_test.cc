#include "text/quantity.h"

#include <gtest/gtest.h>

namespace lossd::text {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Duration, ReadsThePrometheusNotation) {
  EXPECT_EQ(ParseDuration("30s"), seconds(30));
  EXPECT_EQ(ParseDuration("1h30m"), minutes(90));
  EXPECT_EQ(ParseDuration("500ms"), milliseconds(500));
  EXPECT_EQ(ParseDuration("1y2w3d"), hours(24 * (365 + 14 + 3)));
  EXPECT_EQ(ParseDuration("0"), nanoseconds(0));
  EXPECT_EQ(ParseDuration("0s"), nanoseconds(0));
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text :
       {"", "30", "s", "-1s", "1.5s", "30 s", " 30s", "1m1h", "1s1s", "1us", "1h30", "999999y", "1S"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenTheShortestWay) {
  EXPECT_EQ(FormatDuration(minutes(90)), "1h30m");
  EXPECT_EQ(FormatDuration(hours(24 * 400)), "400d");
  EXPECT_EQ(FormatDuration(milliseconds(1050)), "1s50ms");
  EXPECT_EQ(FormatDuration(nanoseconds(0)), "0s");
  EXPECT_EQ(FormatDuration(seconds(-1)), "0s");
}

TEST(Size, ReadsBinaryAndDecimalUnits) {
  EXPECT_EQ(ParseSize("1000"), 1000u);
  EXPECT_EQ(ParseSize("64KiB"), 65536u);
  EXPECT_EQ(ParseSize("8MB"), 8000000u);
  EXPECT_EQ(ParseSize("1GiB"), std::size_t{1} << 30);
  EXPECT_EQ(ParseSize("0"), 0u);
}

TEST(Size, RefusesEverythingElse) {
  for (const char* text : {"", "KiB", "-1", "1.5MiB", "64kib", "1 MiB", "99999999999999999999", "99999999999GiB"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(Size, IsWrittenWithTheLargestUnitThatDividesIt) {
  EXPECT_EQ(FormatSize(65536), "64KiB");
  EXPECT_EQ(FormatSize(1 << 20), "1MiB");
  EXPECT_EQ(FormatSize(1000), "1000B");
  EXPECT_EQ(FormatSize(0), "0B");
}

}  // namespace
}  // namespace lossd::text
