#include "core/regime/early_divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "core/regime/saved_part.h"

namespace lossd::core {
namespace {

struct Watched {
  explicit Watched(unsigned seed = 1) : random(seed) {}
  /// The first value (from 0) after which it diverges; -1 where it never does.
  int Feed(int values, const std::function<double(int)>& loss, double deviation = 0.01) {
    std::normal_distribution<double> noise(0, deviation);
    int first = -1;
    for (int i = 0; i < values; ++i) {
      recent.Push(loss(i) + noise(random));
      ++count;
      if (divergence.active()) swings.Drop();
      if (count >= 8 && !divergence.active()) swings.Update(recent.MedianOfFive());
      divergence.Update(recent, recent.MedianOfFive(), swings, recent.DifferenceNoise(), count, {});
      if (first < 0 && divergence.active()) first = i;
    }
    return first;
  }
  std::mt19937_64 random;
  RecentValues recent;
  SwingMeter swings;
  EarlyDivergence divergence;
  std::uint64_t count = 0;
};

double Falling(int i) { return 1 + std::exp(-i / 20.0); }

TEST(EarlyDivergence, FindsABlowUpWithinTwentyFourValues) {
  for (const int age : {24, 60, 500}) {
    Watched run;
    EXPECT_EQ(run.Feed(age, Falling), -1) << age;
    const int found = run.Feed(40, [&](int i) { return Falling(age) * std::pow(1.08, i); });
    EXPECT_GE(found, 3) << age;
    EXPECT_LE(found, 24) << age;
  }
}

TEST(EarlyDivergence, FindsARiseByFactorsAsSoonAsOneByShares) {
  // Most of such a rise is in its last values, however long it has lasted.
  for (const double values_for_a_factor_of_e : {12.0, 6.0, 3.0, 1.0}) {
    Watched run;
    EXPECT_EQ(run.Feed(40, Falling), -1);
    const int found = run.Feed(40, [&](int i) { return Falling(40) * std::exp(i / values_for_a_factor_of_e); });
    EXPECT_GE(found, 3) << values_for_a_factor_of_e;
    EXPECT_LE(found, 13) << values_for_a_factor_of_e;
  }
}

TEST(EarlyDivergence, FindsAJumpByMoreThanTheLossSooner) {
  Watched run;
  run.Feed(200, Falling);
  const int found = run.Feed(60, [](int) { return 8; });
  EXPECT_GE(found, 8) << "a spike may take some values to pass";
  EXPECT_LE(found, 14);
}

TEST(EarlyDivergence, FindsAJumpThatStays) {
  Watched run;
  run.Feed(200, Falling);
  const int found = run.Feed(60, [](int) { return 1.6; });
  EXPECT_GE(found, 5) << "a spike would have turned";
  EXPECT_LE(found, 30);
}

TEST(EarlyDivergence, MeasuresARiseByTheNoiseSinceTheLowestLevel) {
  // A rate was lowered: the loss drops, scatters by a fifth of what it did, and rises.
  Watched run;
  EXPECT_EQ(run.Feed(
                50, [](int i) { return 0.9 - 0.003 * i; }, 0.05),
            -1);
  const int found = run.Feed(
      50, [](int i) { return 0.25 + 0.002 * (i - 5); }, 0.01);
  EXPECT_GE(found, 16);
  EXPECT_LE(found, 40);
}

TEST(EarlyDivergence, LeavesAPassingBumpAlone) {
  Watched run;
  run.Feed(200, Falling);
  EXPECT_EQ(run.Feed(6, [](int) { return 5.0; }), -1);
  EXPECT_EQ(run.Feed(100, [](int) { return 1.0; }), -1);
}

TEST(EarlyDivergence, LeavesALossAloneThatAlwaysSwingsSoFar) {
  Watched run;
  const auto swinging = [](int i) { return 2 + std::sin(i / 15.0); };
  run.Feed(300, swinging);  // the first swing is not known to come back
  EXPECT_EQ(run.Feed(1000, [&](int i) { return swinging(i + 300); }), -1);
}

TEST(EarlyDivergence, ComparesWithTheLevelBeforeAResume) {
  Watched worse, same;
  for (Watched* run : {&worse, &same}) {
    run->Feed(100, Falling);
    run->divergence.Clear();
    run->divergence.Resume(1, 0.01);
    run->recent.Clear();
    run->count = 0;
  }
  EXPECT_GE(worse.Feed(60, [](int) { return 8.0; }), 0);
  EXPECT_EQ(same.Feed(60, [](int) { return 1.1; }), -1);
}

TEST(EarlyDivergence, EndsWhereTheLossHasComeBack) {
  Watched run;
  run.Feed(100, Falling);
  ASSERT_GE(run.Feed(30, [](int i) { return std::pow(1.08, i); }), 0);
  run.Feed(20, [](int) { return 1.0; });
  EXPECT_TRUE(run.divergence.active()) << "a dip";
  run.Feed(20, [](int) { return 1.0; });
  EXPECT_FALSE(run.divergence.active());
}

TEST(EarlyDivergence, GoesOnThroughADipWhereItHasLastedLong) {
  Watched run;
  run.Feed(100, Falling);
  ASSERT_GE(run.Feed(500, [](int) { return 2.0; }), 0);
  run.Feed(45, [](int i) { return 2.0 - std::min(i, 10) / 10.0; });
  EXPECT_TRUE(run.divergence.active()) << "a tenth of the time that it was up";
  run.Feed(20, [](int) { return 2.0; });
  EXPECT_TRUE(run.divergence.active());
  run.Feed(72, [](int) { return 1.0; });
  EXPECT_FALSE(run.divergence.active());
}

/// Where one of 1 to 2 has come to nothing.
int FoundAgain(double from, double to) {
  Watched run;
  run.Feed(100, Falling);
  EXPECT_GE(run.Feed(60, [](int) { return 2.0; }), 0);
  run.Feed(60, [](int) { return 1.0; });
  EXPECT_FALSE(run.divergence.active());
  run.Feed(
      100, [](int i) { return 1.5 + 0.2 * std::sin(i / 8.0); }, 0.02);
  run.Feed(
      12, [from](int) { return from; }, 0.02);
  return run.Feed(
      60, [to](int) { return to; }, 0.02);
}

TEST(EarlyDivergence, WantsTwiceARiseThatCameToNothingFromADip) {
  EXPECT_EQ(FoundAgain(0.5, 1.8), -1);
  EXPECT_GE(FoundAgain(0.5, 3.0), 0);
}

TEST(EarlyDivergence, FindsASecondBlowUpToTheSameHeight) {
  Watched run;
  run.Feed(200, Falling, 0.02);
  for (int time = 0; time < 2; ++time) {
    EXPECT_GE(run.Feed(
                  60, [](int) { return 3.0; }, 0.02),
              0)
        << time;
    run.Feed(
        100, [](int) { return 1.0; }, 0.02);
    EXPECT_FALSE(run.divergence.active()) << time;
  }
}

TEST(EarlyDivergence, ContinuesAfterSaveAndLoad) {
  Watched run;
  run.Feed(100, Falling);
  run.Feed(30, [](int i) { return std::pow(1.08, i); });
  EarlyDivergence loaded;
  ExpectTheSameAfterLoad(run.divergence, loaded);
}

}  // namespace
}  // namespace lossd::core
