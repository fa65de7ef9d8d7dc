#include "core/regime/overfitting.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "core/regime/saved_part.h"

namespace lossd::core {
namespace {

struct Evaluations {
  /// The first evaluation of `count` at which it overfits; -1 where it never does.
  int Feed(int count, const std::function<double(int)>& loss, const std::function<double(int)>& training) {
    int first = -1;
    for (int i = 0; i < count; ++i) {
      recent.Push(loss(i));
      overfitting.Update(recent, recent.DifferenceNoise(), training(i));
      if (overfitting.active() && first < 0) first = i;
    }
    return first;
  }
  RecentValues recent;
  Overfitting overfitting;
};

double Turning(int i) { return 0.55 + 1.2 * std::exp(-i / 5.0) + 0.02 * std::max(0, i - 15); }
double Falling(int i) { return std::exp(-i / 9.0); }

TEST(Overfitting, FindsATurnWithinAFewEvaluations) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.01);
  Evaluations run;
  const int first = run.Feed(
      60, [&](int i) { return Turning(i) + noise(random); }, Falling);
  EXPECT_GT(first, 16);
  EXPECT_LE(first, 30);
  EXPECT_TRUE(run.overfitting.active());
  EXPECT_GE(run.overfitting.since_best(), 40U);
  EXPECT_GT(run.overfitting.risen(), 0.5);
}

TEST(Overfitting, NeedsATrainingLossThatDoesNotRise) {
  Evaluations run;
  EXPECT_EQ(run.Feed(60, Turning, [](int i) { return Turning(i); }), -1);
}

TEST(Overfitting, LeavesALossAloneThatOnlyScatters) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> noise(0, 0.05);
    Evaluations run;
    EXPECT_EQ(run.Feed(
                  100, [&](int i) { return 1 + std::exp(-i / 6.0) + noise(random); }, Falling),
              -1)
        << seed;
  }
}

// At a high rate it swings by half, at the low one by a hundredth: a rise by a fifth is a turn there.
TEST(Overfitting, MeasuresARiseByTheSwingsOfAsCalmATime) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise;
  const auto loss = [&](int i) {
    if (i < 50) return 0.8 + 0.15 * noise(random) + (i >= 20 && i < 26 ? 0.4 : 0);
    return 0.25 + 0.003 * noise(random) + 0.002 * std::max(0, i - 60);
  };
  Evaluations run;
  const int first = run.Feed(110, loss, Falling);
  EXPECT_GT(first, 64);
  EXPECT_LE(first, 90);
}

TEST(Overfitting, EndsWhereTheLossComesBack) {
  Evaluations run;
  run.Feed(40, Turning, Falling);
  ASSERT_TRUE(run.overfitting.active());
  run.Feed(
      10, [](int) { return 0.6; }, [](int) { return 0.01; });
  EXPECT_FALSE(run.overfitting.active());
}

TEST(Overfitting, ContinuesAfterSaveAndLoad) {
  Evaluations run;
  run.Feed(40, Turning, Falling);
  Overfitting loaded;
  ExpectTheSameAfterLoad(run.overfitting, loaded);
}

}  // namespace
}  // namespace lossd::core
