#include "core/regime/equal_runs.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/regime/saved_part.h"

namespace lossd::core {
namespace {

double Rounded(double value, double digit) { return std::round(value / digit) * digit; }

TEST(EqualRuns, CallsSixteenEqualsConstant) {
  EqualRuns runs;
  for (int i = 0; i < 15; ++i) runs.Update(1.3863);
  EXPECT_FALSE(runs.constant());
  runs.Update(1.3863);
  EXPECT_TRUE(runs.constant());
  EXPECT_TRUE(runs.Update(1.3862)) << "it moves again";
  EXPECT_FALSE(runs.constant());
}

TEST(EqualRuns, WaitsLongerWhereFewDigitsHideASlowFall) {
  EqualRuns runs;
  for (int i = 0; i < 60; ++i) runs.Update(0.056);
  EXPECT_FALSE(runs.constant());
  for (int i = 0; i < 4; ++i) runs.Update(0.056);
  EXPECT_TRUE(runs.constant());
}

TEST(EqualRuns, TakesAnEqualLossAfterANanForDead) {
  EqualRuns runs;
  runs.Break(true);
  for (int i = 0; i < 16; ++i) runs.Update(11.2);
  EXPECT_TRUE(runs.constant());
}

TEST(EqualRuns, SkipsWhatIsToldTwice) {
  EqualRuns runs;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.05);
  int fresh = 0;
  for (int i = 0; i < 500; ++i) {
    const double value = Rounded(1 + noise(random), 1e-4);
    for (int copy = 0; copy < 2; ++copy) fresh += runs.Update(value) ? 1 : 0;
  }
  EXPECT_NEAR(fresh, 500, 15);
  EXPECT_FALSE(runs.constant());
}

TEST(EqualRuns, KeepsEqualsOnACoarseGrid) {
  EqualRuns runs;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.015);
  int fresh = 0;
  for (int i = 0; i < 500; ++i) fresh += runs.Update(Rounded(1 + noise(random), 0.01)) ? 1 : 0;
  EXPECT_GT(fresh, 480);
}

TEST(EqualRuns, LearnsHowLongAHeldValueLasts) {
  EqualRuns runs;
  bool constant = false;
  for (int i = 0; i < 600; ++i) {
    runs.Update(Rounded(2 * std::exp(-i / 12 / 20.0), 1e-4));
    constant |= runs.constant();
  }
  EXPECT_FALSE(constant);
}

TEST(EqualRuns, IsStuckWithinADigitButForAFewStrays) {
  EqualRuns runs;
  for (int i = 0; i < 40; ++i) runs.Update(2.5 - 0.05 * i);
  for (int i = 0; i < 60; ++i) runs.Update(i == 20 ? 0.7 : i % 3 == 0 ? 0.4991 : 0.499);
  EXPECT_FALSE(runs.stuck(100));
  for (int i = 0; i < 10; ++i) runs.Update(0.4991);
  EXPECT_TRUE(runs.stuck(110));
  EXPECT_FALSE(runs.stuck(200)) << "less than half of the run";
  for (int i = 0; i < 3; ++i) runs.Update(0.47);
  EXPECT_FALSE(runs.stuck(113));
}

TEST(EqualRuns, IsNotStuckWhereADigitIsMuchOfTheLoss) {
  EqualRuns runs;
  for (int i = 0; i < 300; ++i) runs.Update(i % 5 == 0 ? 0.03 : 0.02);
  EXPECT_FALSE(runs.stuck(300));
}

TEST(EqualRuns, ContinuesAfterSaveAndLoad) {
  EqualRuns runs, loaded;
  for (int i = 0; i < 50; ++i) runs.Update(i / 3);
  ExpectTheSameAfterLoad(runs, loaded);
}

}  // namespace
}  // namespace lossd::core
