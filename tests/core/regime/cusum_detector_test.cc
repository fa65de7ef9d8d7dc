#include "core/regime/cusum_detector.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>

#include "core/median.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr int kNever = -1;

// A climb, and the values that it has seen, around an expectation of 0 with a noise of 1.
struct Watched {
  CusumDetector climb;
  std::array<double, 5> recent{};
  std::size_t fed = 0;

  double Feed(double value) {
    recent[fed++ % recent.size()] = value;
    return climb.Update(value, MedianOfFive(recent), 0, 1);
  }
  // The first of `count` values that proved a climb.
  int First(int count, const std::function<double(int)>& value) {
    int first = kNever;
    for (int i = 0; i < count; ++i) {
      if (Feed(value(i)) > 0 && first == kNever) first = i;
    }
    return first;
  }
};

struct Normal {
  std::mt19937_64 random{1};
  std::normal_distribution<double> draw;
  double operator()() { return draw(random); }
};

TEST(CusumDetector, IsProvenWhileItIsYoung) {
  Watched run;
  Normal noise;
  EXPECT_EQ(run.First(5000, [&](int) { return noise(); }), kNever);
  const int first = run.First(100, [&](int i) { return 0.3 * i + noise(); });
  EXPECT_GE(first, 10);
  EXPECT_LE(first, 24);
}

TEST(CusumDetector, TellsHowFarItWent) {
  Watched run;
  Normal noise;
  run.First(1000, [&](int) { return noise(); });
  double told = 0;
  for (int i = 0; i < 40 && told == 0; ++i) told = run.Feed(i);
  EXPECT_NEAR(told, 10, 3);
}

TEST(CusumDetector, IsNoSpikeThatTurns) {
  Watched run;
  Normal noise;
  run.First(1000, [&](int) { return noise(); });
  EXPECT_EQ(run.First(200, [&](int i) { return 100 * std::exp(-i / 8.0) + noise(); }), kNever);
  EXPECT_EQ(run.First(200, [&](int i) { return (i < 8 ? 5 * i : 0) + noise(); }), kNever);
}

TEST(CusumDetector, IsNoStepThatIsSmall) {
  Watched run;
  Normal noise;
  run.First(1000, [&](int) { return noise(); });
  EXPECT_EQ(run.First(2000, [&](int) { return 1.5 + noise(); }), kNever);
}

TEST(CusumDetector, MustGoFurtherWhereNeighboursAreAlike) {
  Normal noise;
  double smooth = 0;
  const auto smoothed = [&] { return smooth = 0.9 * smooth + 0.44 * noise(); };
  Watched run;
  EXPECT_EQ(run.First(20000, [&](int) { return smoothed(); }), kNever);
  EXPECT_EQ(run.First(30, [&](int i) { return 0.15 * i + smoothed(); }), kNever);
  EXPECT_NE(run.First(60, [&](int i) { return 1.0 * i + smoothed(); }), kNever);
}

TEST(CusumDetector, KnowsNothingBeforeItHasSeenSomeEnd) {
  Watched run;
  EXPECT_EQ(run.First(200, [](int i) { return i; }), kNever);
}

TEST(CusumDetector, IsNotToldOfASeriesWithoutNoise) {
  CusumDetector climb;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(climb.Update(i, i, 0, 0), 0);
}

TEST(CusumDetector, ContinuesAfterSaveAndLoad) {
  Watched first;
  Normal noise;
  first.First(1000, [&](int) { return noise(); });
  first.First(8, [&](int i) { return i; });
  Watched second = first;
  StateWriter saved;
  first.climb.Save(saved);
  second.climb = CusumDetector();
  StateReader reader(saved.bytes());
  ASSERT_TRUE(second.climb.Load(reader));
  int proven = 0;
  for (int i = 8; i < 40; ++i) {
    const double told = first.Feed(i);
    EXPECT_EQ(told, second.Feed(i)) << i;
    proven += told > 0 ? 1 : 0;
  }
  EXPECT_GT(proven, 0);
}

}  // namespace
}  // namespace lossd::core
