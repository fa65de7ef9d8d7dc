#include "core/regime/visible_trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "core/regime/saved_part.h"

namespace lossd::core {
namespace {

/// A run as the classifier shows it to its eye.
struct Watched {
  /// The first value (from 0) after which `told` holds; -1 where it never does.
  int Feed(int values, const std::function<double(int)>& loss, const std::function<bool()>& told) {
    int first = -1;
    for (int i = 0; i < values; ++i) {
      const double value = loss(static_cast<int>(count));
      recent.Push(value);
      summary.Push(value);
      swings.Update(recent.MedianOfFive());
      const double noise = std::max(recent.DifferenceNoise(), 0.3 * recent.LeastStep());
      trend.Update(recent, summary, swings, {.noise = noise, .digit = recent.LeastStep()}, ++count);
      if (first < 0 && told()) first = i;
    }
    return first;
  }
  RecentValues recent;
  RunSummary summary;
  SwingMeter swings;
  VisibleTrend trend;
  std::uint64_t count = 0;
};

struct Noise {
  explicit Noise(unsigned seed) : random(seed) {}
  double operator()(double deviation) { return deviation * draw(random); }
  std::mt19937_64 random;
  std::normal_distribution<double> draw;
};

TEST(VisibleTrend, SeesASmoothFallFromTheTwelfthValueOn) {
  Watched run;
  const auto loss = [](int i) { return 7 * std::exp(-i / 25.0) + 0.1; };
  EXPECT_EQ(run.Feed(40, loss, [&] { return run.trend.falling(); }), 11);
}

TEST(VisibleTrend, SeesThatALongFallGoesOn) {
  Watched run;
  Noise noise(1);
  const auto loss = [&](int i) { return 2.2 + 6 * std::pow(i + 30, -0.22) + noise(0.17); };
  run.Feed(20'000, loss, [] { return false; });
  EXPECT_TRUE(run.trend.falling());
  EXPECT_FALSE(run.trend.flat());
}

TEST(VisibleTrend, SeesNoFallInNoise) {
  int false_ones = 0;
  for (unsigned seed = 1; seed <= 30; ++seed) {
    Watched run;
    Noise noise(seed);
    false_ones += run.Feed(
                      300, [&](int) { return 2 + noise(0.1); }, [&] { return run.trend.falling(); }) >= 0
                      ? 1
                      : 0;
  }
  EXPECT_LE(false_ones, 9);
}

TEST(VisibleTrend, SeesThatItLiesFlat) {
  Watched run;
  Noise noise(2);
  const auto loss = [&](int i) { return 2.7 + std::exp(-i / 30.0) + noise(0.3); };
  run.Feed(100, loss, [] { return false; });
  const int flat = run.Feed(600, loss, [&] { return run.trend.flat(); });
  EXPECT_GE(flat, 0);
  EXPECT_LE(flat, 256);
  EXPECT_TRUE(run.trend.flat()) << "and holds it";
}

TEST(VisibleTrend, DoesNotTakeALevelThatWandersFarForAFlatOne) {
  int flat = 0, found = 0;
  for (unsigned seed = 0; seed < 40; ++seed) {
    Watched wandering, scattering;
    Noise noise(seed);
    double at = 0;
    const auto wanders = [&](int) {
      at = 0.98 * at + noise(0.08);
      return std::exp(at) * (1 + noise(0.05));
    };
    flat += wandering.Feed(600, wanders, [&] { return wandering.trend.flat(); }) >= 0 ? 1 : 0;
    const auto scatters = [&](int) { return std::exp(noise(0.4)); };
    found += scattering.Feed(600, scatters, [&] { return scattering.trend.flat(); }) >= 0 ? 1 : 0;
  }
  EXPECT_LE(flat, 4);
  EXPECT_GE(found, 36) << "as far, but around one level";
}

TEST(VisibleTrend, SeesThatAFallHasTurned) {
  Watched run;
  Noise noise(3);
  run.Feed(
      200, [&](int i) { return 3 - 0.01 * i + noise(0.02); }, [] { return false; });
  ASSERT_TRUE(run.trend.falling());
  run.Feed(
      60, [&](int i) { return 1 + 0.01 * (i - 200) + noise(0.02); }, [] { return false; });
  EXPECT_TRUE(run.trend.turned());
  EXPECT_FALSE(run.trend.falling());
}

TEST(VisibleTrend, SeesThatAFallHasStopped) {
  Watched run;
  Noise noise(4);
  run.Feed(
      400, [&](int i) { return 3 - 0.005 * i + noise(0.05); }, [] { return false; });
  run.Feed(
      260, [&](int) { return 1 + noise(0.05); }, [] { return false; });
  EXPECT_FALSE(run.trend.falling()) << "although the half still leans";
}

TEST(VisibleTrend, SeesThatAFallSlowsDown) {
  Watched run;
  Noise noise(5);
  const auto loss = [&](int i) { return 1 + 4 * std::exp(-i / 20.0) + noise(0.01); };
  EXPECT_GE(run.Feed(64, loss, [&] { return run.trend.slowing(); }), 0);
}

TEST(VisibleTrend, ContinuesAfterSaveAndLoad) {
  Watched run;
  run.Feed(
      500, [](int i) { return 2 / std::sqrt(i + 1.0); }, [] { return false; });
  VisibleTrend loaded;
  ExpectTheSameAfterLoad(run.trend, loaded);
}

}  // namespace
}  // namespace lossd::core
