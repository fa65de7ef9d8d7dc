#include "core/regime/block_trend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace lossd::core {
namespace {

std::vector<float> Line(double slope, double noise, unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> draw(0, 1);
  std::vector<float> means;
  for (int i = 0; i < 16; ++i) means.push_back(static_cast<float>(slope * i + noise * draw(random)));
  return means;
}

TEST(BlockTrend, KnowsNothingOfFewBlocks) { EXPECT_FALSE(FitBlocks(std::vector<float>(5, 1), 0).known); }

TEST(BlockTrend, MeasuresALine) {
  const BlockTrend trend = FitBlocks(Line(-0.1, 0), 0.01);
  EXPECT_NEAR(trend.mean, -0.75, 1e-6);
  EXPECT_NEAR(trend.rise, -1.5, 1e-6);
  EXPECT_NEAR(trend.rank_z, -5.4, 0.1) << "all pairs fall";
  EXPECT_LT(trend.t, -5);
  EXPECT_NEAR(trend.first_slope, trend.second_slope, 1e-6);
}

TEST(BlockTrend, FindsChanceInNoise) {
  int surprises = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) surprises += std::abs(FitBlocks(Line(0, 1, seed), 0).t) > 3 ? 1 : 0;
  EXPECT_LE(surprises, 3);
}

TEST(BlockTrend, FeelsABend) {
  std::vector<float> means;
  for (const float wobble : Line(0, 0.05)) {
    const auto i = static_cast<float>(means.size());
    means.push_back(wobble - (i < 8 ? i : 8 + 0.1F * (i - 8)));
  }
  const BlockTrend trend = FitBlocks(means, 0);
  EXPECT_GT(trend.bend_t, 0.5);
  EXPECT_GT(trend.second_slope, 0.2 * trend.first_slope);
}

}  // namespace
}  // namespace lossd::core
