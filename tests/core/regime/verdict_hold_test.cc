#include "core/regime/verdict_hold.h"

#include <gtest/gtest.h>

#include "core/regime/saved_part.h"

namespace lossd::core {
namespace {

/// Samples until `judged` has taken over, from a series of `count` samples; -1 where it never has.
int Wait(VerdictHold hold, Regime judged, std::uint64_t count, bool turned = false) {
  for (int i = 1; i <= 2000; ++i) {
    if (hold.Settle(judged, count, turned)) return i;
  }
  return -1;
}

TEST(VerdictHold, TakesTheFirstVerdictAndAlarmsAtOnce) {
  VerdictHold hold;
  EXPECT_TRUE(hold.Settle(Regime::kHealthy, 12));
  EXPECT_EQ(Wait(hold, Regime::kDiverging, 1000), 1);
  EXPECT_EQ(Wait(hold, Regime::kConstant, 1000), 1);
  EXPECT_EQ(Wait(hold, Regime::kOverfitting, 1000), 1);
}

TEST(VerdictHold, KeepsTheShadesOfGoodApart) {
  VerdictHold hold;
  hold.Enter(Regime::kHealthy);
  EXPECT_EQ(Wait(hold, Regime::kConverging, 40), 64);
  EXPECT_EQ(Wait(hold, Regime::kConverging, 1000), 500);
}

TEST(VerdictHold, KeepsWhatWasProvenWhileNothingNewIsSeen) {
  VerdictHold hold;
  hold.Enter(Regime::kHealthy);
  EXPECT_EQ(Wait(hold, Regime::kUndecided, 40), 64);
  EXPECT_EQ(Wait(hold, Regime::kUndecided, 1000), 1000);
  EXPECT_EQ(Wait(hold, Regime::kUndecided, 1000, true), 500) << "the near past goes up";
  EXPECT_EQ(Wait(hold, Regime::kUndecided, 40, true), 24) << "in a young run";
  hold.Enter(Regime::kPlateau);
  EXPECT_EQ(Wait(hold, Regime::kUndecided, 1000), 500);
  EXPECT_EQ(Wait(hold, Regime::kHealthy, 1000), 125) << "a fall is news";
}

TEST(VerdictHold, LeavesAWaveAtOnceForAnAlarm) {
  VerdictHold hold;
  hold.Enter(Regime::kOscillating);
  EXPECT_EQ(Wait(hold, Regime::kConstant, 1000), 1);
  EXPECT_EQ(Wait(hold, Regime::kHealthy, 1000), 16);
}

TEST(VerdictHold, CountsAnewWhereTheOldVerdictReturns) {
  VerdictHold hold;
  hold.Enter(Regime::kHealthy);
  for (int i = 0; i < 200; ++i) {
    for (int k = 0; k < 20; ++k) EXPECT_FALSE(hold.Settle(Regime::kUndecided, 80));
    EXPECT_FALSE(hold.Settle(Regime::kHealthy, 80));
  }
}

TEST(VerdictHold, ContinuesAfterSaveAndLoad) {
  VerdictHold hold, loaded;
  hold.Enter(Regime::kPlateau);
  hold.Settle(Regime::kUndecided, 400);
  ExpectTheSameAfterLoad(hold, loaded);
}

}  // namespace
}  // namespace lossd::core
