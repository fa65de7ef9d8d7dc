#include "records/rank_filter.h"

#include <gtest/gtest.h>

namespace lossd::records {
namespace {

using Decision = RankFilter::Decision;

TEST(RankFilter, FollowsRankZeroAtOnce) {
  RankFilter filter;
  EXPECT_EQ(filter.Select(3), Decision::kHold);
  EXPECT_EQ(filter.Select(0), Decision::kFollow);
  EXPECT_EQ(filter.Select(3), Decision::kIgnore);
}

TEST(RankFilter, FollowsTheRankThatComesRoundFirst) {
  RankFilter filter;
  EXPECT_EQ(filter.Select(5), Decision::kHold);
  EXPECT_EQ(filter.Select(7), Decision::kHold);
  EXPECT_EQ(filter.Select(5), Decision::kRelease);
  EXPECT_EQ(filter.Select(7), Decision::kIgnore);
}

TEST(RankFilter, DoesNotWaitForARankThatSpokeOnce) {
  RankFilter filter;
  EXPECT_EQ(filter.Select(3), Decision::kHold);
  EXPECT_EQ(filter.Select(2), Decision::kHold);
  for (int i = 0; i < 1000; ++i) EXPECT_NE(filter.Select(2), Decision::kIgnore);
}

TEST(RankFilter, LeavesARankThatHasFallenSilent) {
  RankFilter filter;
  filter.Select(0);
  filter.Select(1);  // and dies
  int followed = 0;
  for (int i = 0; i < 200; ++i) followed += filter.Select(2) == Decision::kFollow;
  EXPECT_GT(followed, 100);
}

TEST(RankFilter, KeepsARankThatGoesOnSpeaking) {
  RankFilter filter;
  for (int step = 0; step < 1000; ++step) {
    EXPECT_EQ(filter.Select(0), Decision::kFollow);
    for (int rank = 1; rank < 8; ++rank) EXPECT_EQ(filter.Select(rank), Decision::kIgnore);
  }
}

}  // namespace
}  // namespace lossd::records
