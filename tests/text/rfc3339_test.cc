#include "text/rfc3339.h"

#include <gtest/gtest.h>

namespace lossd::text {
namespace {

std::int64_t Nanoseconds(std::string_view text) {
  const auto time = ParseRfc3339(text);
  return time ? time->time_since_epoch().count() : -1;
}

TEST(Rfc3339, ReadsDateTimeFractionAndOffset) {
  EXPECT_EQ(Nanoseconds("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(Nanoseconds("2026-01-31T12:30:00Z"), 1769862600'000'000'000);
  EXPECT_EQ(Nanoseconds("2026-01-31t12:30:00.25z"), 1769862600'250'000'000);
  EXPECT_EQ(Nanoseconds("2026-01-31 12:30:00.123456789123+01:30"), 1769857200'123'456'789);
  EXPECT_EQ(Nanoseconds("2026-01-31T12:30:00-05:00"), 1769880600'000'000'000);
  EXPECT_EQ(Nanoseconds("2016-12-31T23:59:60Z"), Nanoseconds("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, AnythingElseIsNone) {
  for (const char* text :
       {"", "now", "2026-01-31", "2026-01-31T12:30:00", "2026-02-30T12:30:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z", "2026-01-31T12:30:61Z", "2026-01-31T12:30:00.Z", "2026-1-31T12:30:00Z",
        "2026-01-31T12:30:00Z ", "2026-01-31T12:30:00+1:00", "2026-01-31T12:30:00+25:00", "0001-01-01T00:00:00Z",
        "9999-01-01T00:00:00Z", "-026-01-31T12:30:00Z"})
    EXPECT_FALSE(ParseRfc3339(text)) << text;
}

}  // namespace
}  // namespace lossd::text
