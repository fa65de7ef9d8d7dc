#include "core/recent_steps.h"

#include <gtest/gtest.h>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::int64_t kFar = 1'000'000'000'000'000'000;

TEST(RecentSteps, GivesBackStepsOfAnySize) {
  for (const std::int64_t first :
       {std::int64_t{0}, std::int64_t{-5}, kFar, -kFar, std::numeric_limits<std::int64_t>::max() - 30}) {
    RecentSteps steps(4);
    for (int i = 0; i < 11; ++i) {
      steps.Push(first + i);
      for (std::size_t age = 0; age < steps.size(); ++age)
        EXPECT_EQ(steps.FromNewest(age), first + i - static_cast<int>(age));
    }
  }
}

TEST(RecentSteps, KnowsWhereNoneWasLogged) {
  RecentSteps steps(4);
  steps.Push(7);
  steps.Push(RecentSteps::kNone);
  EXPECT_EQ(steps.FromNewest(0), RecentSteps::kNone);
  EXPECT_EQ(steps.FromNewest(1), 7);
}

TEST(RecentSteps, ForgetsStepsTooFarFromTheNewest) {
  RecentSteps steps(4);
  steps.Push(3);
  steps.Push(kFar);
  steps.Push(kFar + 1);
  EXPECT_EQ(steps.FromNewest(0), kFar + 1);
  EXPECT_EQ(steps.FromNewest(1), kFar);
  EXPECT_EQ(steps.FromNewest(2), RecentSteps::kNone);
  steps.Push(-kFar * 9);
  EXPECT_EQ(steps.FromNewest(0), -kFar * 9);
  EXPECT_EQ(steps.FromNewest(1), RecentSteps::kNone);
}

TEST(RecentSteps, KeepsWhatIsNearWhenItMoves) {
  RecentSteps steps(4);
  steps.Push(0);
  steps.Push(2'000'000'000);
  steps.Push(3'000'000'000);
  EXPECT_EQ(steps.FromNewest(1), 2'000'000'000);
  EXPECT_EQ(steps.FromNewest(2), RecentSteps::kNone);
}

TEST(RecentSteps, LoadsTheNewestThatWereSaved) {
  RecentSteps steps(8);
  for (int i = 0; i < 20; ++i) steps.Push(kFar - i);
  StateWriter out;
  steps.Save(out, 3);
  RecentSteps loaded(8), small(2);
  loaded.Push(99);
  StateReader in(out.bytes()), again(out.bytes());
  ASSERT_TRUE(loaded.Load(in));
  EXPECT_EQ(loaded.size(), 3U);
  EXPECT_EQ(loaded.FromNewest(0), kFar - 19);
  EXPECT_EQ(loaded.FromNewest(2), kFar - 17);
  EXPECT_FALSE(small.Load(again));
  EXPECT_FALSE(again.ok());
  EXPECT_EQ(small.size(), 0U);
}

}  // namespace
}  // namespace lossd::core
