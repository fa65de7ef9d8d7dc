#include "demo/lr_adviser.h"

#include <gtest/gtest.h>

namespace lossd::demo {
namespace {

LrAdvice Lower(const std::string& reason = "diverging") { return {.ratio = 0.5, .reason = reason}; }

void RunSteps(LrAdviser& adviser, int steps) {
  for (int i = 0; i < steps; ++i) adviser.Due();
}

TEST(LrAdviser, AsksAtRegularSteps) {
  LrAdviser adviser(20, 100);
  int asked = 0;
  for (int i = 0; i < 100; ++i) asked += adviser.Due() ? 1 : 0;
  EXPECT_EQ(asked, 5);
}

TEST(LrAdviser, DoesNothingWhereNothingIsAdvised) {
  LrAdviser adviser(20, 100);
  EXPECT_TRUE(adviser.Consider({}).none());
  EXPECT_TRUE(adviser.Consider({.ratio = 1, .reason = "settling"}).none());
}

TEST(LrAdviser, NeverRaisesTheRate) {
  LrAdviser adviser(20, 100);
  for (const double ratio : {2.0, 0.0, -1.0}) EXPECT_TRUE(adviser.Consider({.ratio = ratio, .reason = "x"}).none());
}

TEST(LrAdviser, CoolsDownAfterAChange) {
  LrAdviser adviser(20, 100);
  EXPECT_EQ(adviser.Consider(Lower()).factor, 0.5);
  RunSteps(adviser, 99);
  EXPECT_TRUE(adviser.Consider(Lower()).none());
  RunSteps(adviser, 1);
  EXPECT_EQ(adviser.Consider(Lower()).factor, 0.5);
}

TEST(LrAdviser, TakesLastingAdviceOnceEachTimeItComesUp) {
  for (const char* reason : {"spikes", "plateau"}) {
    LrAdviser adviser(20, 100);
    EXPECT_FALSE(adviser.Consider(Lower(reason)).none());
    RunSteps(adviser, 500);
    EXPECT_TRUE(adviser.Consider(Lower(reason)).none());
    EXPECT_TRUE(adviser.Consider({}).none());
    EXPECT_FALSE(adviser.Consider(Lower(reason)).none());
  }
}

TEST(LrAdviser, GoesBackToACheckpointAlsoAtTheSameRate) {
  LrAdviser adviser(20, 100);
  const LrChange change = adviser.Consider({.ratio = 1, .reason = "stays_up", .checkpoint_before_step = 700});
  EXPECT_EQ(change.factor, 1);
  EXPECT_EQ(change.resume_from, 700);
}

}  // namespace
}  // namespace lossd::demo
