#include "core/exponential_trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

struct WeightedLine {
  long double slope, mean;
};

/// The definition, in two passes.
WeightedLine FitWeighted(const std::vector<double>& y, double half_life) {
  long double w_sum = 0, x_mean = 0, y_mean = 0, sxy = 0, sxx = 0;
  const auto weight = [&](std::size_t x) {
    return std::exp2(-static_cast<long double>(y.size() - 1 - x) / static_cast<long double>(half_life));
  };
  for (std::size_t x = 0; x < y.size(); ++x) {
    w_sum += weight(x);
    x_mean += weight(x) * static_cast<long double>(x);
    y_mean += weight(x) * (y[x] - y.back());
  }
  x_mean /= w_sum;
  y_mean = y_mean / w_sum + y.back();
  for (std::size_t x = 0; x < y.size(); ++x) {
    sxy += weight(x) * (static_cast<long double>(x) - x_mean) * (y[x] - y_mean);
    sxx += weight(x) * (static_cast<long double>(x) - x_mean) * (static_cast<long double>(x) - x_mean);
  }
  return {sxy / sxx, y_mean};
}

TEST(ExponentialTrend, IsAbsentUntilItMeansSomething) {
  ExponentialTrend trend(15);
  EXPECT_FALSE(trend.mean());
  trend.Update(3);
  EXPECT_EQ(trend.mean(), 3);
  EXPECT_FALSE(trend.slope());
  trend.Update(2);
  EXPECT_DOUBLE_EQ(*trend.slope(), -1);
}

TEST(ExponentialTrend, IsTheWeightedLeastSquaresLine) {
  for (const double half_life : {0.5, 1.0, 15.0, 200.0}) {
    for (const double offset : {0.0, 1e6, 1e12}) {
      std::mt19937_64 random(4);
      std::normal_distribution<double> normal;
      ExponentialTrend trend(half_life);
      std::vector<double> losses;
      for (int i = 0; i < 1500; ++i) {
        losses.push_back(offset - 0.01 * i + normal(random));
        trend.Update(losses.back());
        if (i == 0 || i % 11 != 0) continue;
        const WeightedLine reference = FitWeighted(losses, half_life);
        ASSERT_NEAR(*trend.slope(), static_cast<double>(reference.slope), 1e-9)
            << half_life << " " << offset << " " << i;
        ASSERT_NEAR(*trend.mean() - offset, static_cast<double>(reference.mean - offset), 1e-9 + 2e-16 * 100 * offset)
            << half_life << " " << offset << " " << i;
      }
    }
  }
}

TEST(ExponentialTrend, FollowsAnExactLineExactly) {
  ExponentialTrend trend(15);
  for (int i = 0; i < 1000; ++i) trend.Update(7 - 0.5 * i);
  EXPECT_NEAR(*trend.slope(), -0.5, 1e-14);
}

TEST(ExponentialTrend, SeesATurnWithinThreeHalfLives) {
  ExponentialTrend trend(15);
  for (int i = 0; i < 500; ++i) trend.Update(-0.01 * i);
  int samples = 0;
  while (*trend.slope() <= 0) trend.Update(-5 + 0.01 * ++samples);
  EXPECT_LT(samples, 45);
}

TEST(ExponentialTrend, RecoversFromAJumpBeyondTheRangeOfDouble) {
  constexpr double kMax = std::numeric_limits<double>::max();
  ExponentialTrend trend(15);
  for (const double loss : {kMax, -kMax, kMax, 1.0, 2.0}) {
    trend.Update(loss);
    ASSERT_TRUE(std::isfinite(*trend.mean()));
  }
  EXPECT_TRUE(std::isfinite(*trend.slope()));
}

TEST(ExponentialTrend, ContinuesEqualToTheBitAfterLoad) {
  ExponentialTrend original(15);
  for (int i = 0; i < 40; ++i) original.Update(std::sin(i));
  StateWriter out;
  original.Save(out);
  ExponentialTrend loaded(15);
  StateReader in(out.bytes());
  ASSERT_TRUE(loaded.Load(in));
  for (int i = 0; i < 40; ++i) {
    original.Update(std::cos(i));
    loaded.Update(std::cos(i));
    EXPECT_EQ(loaded.slope(), original.slope());
    EXPECT_EQ(loaded.mean(), original.mean());
  }
  ExponentialTrend other(30);
  StateReader again(out.bytes());
  EXPECT_FALSE(other.Load(again));
  EXPECT_FALSE(other.mean());
}

}  // namespace
}  // namespace lossd::core
