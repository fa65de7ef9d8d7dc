#include "core/regime/run_length_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

// How often a run was told in `count` values around an expectation of 0 with a noise of 1.
int Told(RunLengthTest& run, int count, const std::function<double(int)>& value) {
  int told = 0;
  for (int i = 0; i < count; ++i) told += run.Update(value(i), 0, 1) ? 1 : 0;
  return told;
}

// Every tenth value stands out by 20 deviations, by itself.
struct HabitualOutliers {
  std::mt19937_64 random{1};
  std::normal_distribution<double> normal;
  std::bernoulli_distribution outlier{0.1};
  double operator()() { return normal(random) + (outlier(random) ? 20 : 0); }
};

TEST(RunLengthTest, TellsALiftThatIsLowerThanTheHabitualOutliersOnce) {
  RunLengthTest run;
  HabitualOutliers noise;
  EXPECT_EQ(Told(run, 3000, [&](int) { return noise(); }), 0);
  EXPECT_EQ(Told(run, 20, [&](int i) { return 10 * std::exp(-i / 10.0); }), 1);
}

TEST(RunLengthTest, TellsNothingOfALiftThatIsTooSmallToMatter) {
  RunLengthTest run;
  HabitualOutliers noise;
  Told(run, 1000, [&](int) { return noise(); });
  EXPECT_EQ(Told(run, 50, [&](int) { return 1.0; }), 0);
}

TEST(RunLengthTest, WantsLongerRunsWhereNeighboursAreAlike) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  RunLengthTest independent, correlated;
  double value = 0;
  Told(independent, 2000, [&](int) { return normal(random); });
  Told(correlated, 2000, [&](int) { return value = 0.9 * value + 0.44 * normal(random); });
  const auto lift = [](int) { return 4.0; };
  EXPECT_EQ(Told(independent, 14, lift), 1);
  EXPECT_EQ(Told(correlated, 14, lift), 0);
}

TEST(RunLengthTest, KnowsNothingBeforeItHasSeenRunsEnd) {
  RunLengthTest run;
  EXPECT_EQ(Told(run, 100, [](int) { return 10.0; }), 0);
}

TEST(RunLengthTest, ContinuesAfterSaveAndLoad) {
  RunLengthTest first, second;
  HabitualOutliers noise;
  Told(first, 1000, [&](int) { return noise(); });
  Told(first, 4, [](int) { return 5.0; });
  StateWriter saved;
  first.Save(saved);
  StateReader reader(saved.bytes());
  ASSERT_TRUE(second.Load(reader));
  EXPECT_EQ(first.length(), second.length());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(first.Update(5, 0, 1), second.Update(5, 0, 1)) << i;
}

}  // namespace
}  // namespace lossd::core
