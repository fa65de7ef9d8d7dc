#include "text/closest_name.h"

#include <gtest/gtest.h>

#include <vector>

namespace lossd::text {
namespace {

const std::vector<std::string> kNames = {"replay", "explain", "serve", "exec"};

TEST(ClosestName, FindsAMisspeltName) {
  EXPECT_EQ(ClosestName("replya", kNames), "replay");
  EXPECT_EQ(ClosestName("xeplain", kNames), "explain");
  EXPECT_EQ(ClosestName("server", kNames), "serve");
}

TEST(ClosestName, FindsNothingFarAway) {
  EXPECT_EQ(ClosestName("training", kNames), std::nullopt);
  EXPECT_EQ(ClosestName("", kNames), std::nullopt);
  EXPECT_EQ(ClosestName("exec", {}), std::nullopt);
}

TEST(Suggestion, IsEmptyWhereNothingIsNear) {
  EXPECT_EQ(Suggestion("replya", kNames), " (did you mean \"replay\"?)");
  EXPECT_EQ(Suggestion("training", kNames), "");
}

}  // namespace
}  // namespace lossd::text
