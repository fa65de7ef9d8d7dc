#include "core/regime/minima_test.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <string_view>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

// The first rise told within `count` values; 0 where there is none.
double FirstRise(MinimaTest& floor, int count, const std::function<double(int)>& value) {
  for (int i = 0; i < count; ++i) {
    if (const double rise = floor.Update(value(i)); rise > 0) return rise;
  }
  return 0;
}

// Noise of which a few draws make most of the mean: median 1, 5% quantile 0.04, 95% quantile 27.
struct HeavyTail {
  std::mt19937_64 random{1};
  std::lognormal_distribution<double> draw{0, 2};
  double operator()() { return draw(random); }
};

TEST(MinimaTest, SeesALiftByAQuarterOfTheMedian) {
  MinimaTest floor;
  HeavyTail noise;
  EXPECT_EQ(FirstRise(floor, 2000, [&](int) { return noise(); }), 0);
  EXPECT_NEAR(FirstRise(floor, 400, [&](int) { return noise() + 0.25; }), 0.25, 0.1);
}

TEST(MinimaTest, SeesNothingWhereTheLevelFalls) {
  MinimaTest floor;
  HeavyTail noise;
  EXPECT_EQ(FirstRise(floor, 20000, [&](int i) { return noise() * std::exp(-i / 4000.0); }), 0);
}

TEST(MinimaTest, DoesNotTakeLessSymmetricNoiseForARise) {
  MinimaTest floor;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise;
  EXPECT_EQ(FirstRise(floor, 4000, [&](int i) { return 5 + (i < 2000 ? 1.0 : 0.3) * noise(random); }), 0);
}

TEST(MinimaTest, IsTheSameOnEveryScale) {
  MinimaTest plain, moved;
  HeavyTail noise;
  for (int i = 0; i < 1000; ++i) {
    const double value = noise() + (i >= 500 ? 0.25 : 0);
    EXPECT_EQ(plain.Update(value) > 0, moved.Update(1e-6 * value - 3) > 0) << i;
  }
}

TEST(MinimaTest, ContinuesAfterSaveAndLoad) {
  MinimaTest first, second;
  HeavyTail noise;
  for (int i = 0; i < 777; ++i) first.Update(noise());
  StateWriter saved;
  first.Save(saved);
  StateReader reader(saved.bytes());
  ASSERT_TRUE(second.Load(reader));
  bool risen = false;
  for (int i = 0; i < 500; ++i) {
    const double value = noise() + 0.5;
    const double rise = first.Update(value);
    EXPECT_EQ(rise, second.Update(value));
    risen |= rise > 0;
  }
  EXPECT_TRUE(risen);
}

}  // namespace
}  // namespace lossd::core
