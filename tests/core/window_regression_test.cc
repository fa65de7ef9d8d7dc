#include "core/window_regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "core/reference_regression.h"

namespace lossd::core {
namespace {

struct Stream {
  explicit Stream(std::size_t window) : ring(window + 1), regression(window) {}

  void Add(double loss) {
    losses.push_back(loss);
    ring.Push(loss);
    regression.Update(ring);
  }

  std::vector<double> losses;
  Ring<double> ring;
  WindowRegression regression;
};

void ExpectTStatistic(std::optional<double> tstat, long double reference) {
  const auto expected = static_cast<double>(reference);
  ASSERT_TRUE(tstat);
  EXPECT_NEAR(*tstat, expected, 1e-6 * std::max(1.0, std::abs(expected)));
}

TEST(WindowRegression, TStatisticsAreThoseOfOrdinaryLeastSquares) {
  for (const double offset : {0.0, 1e6, 1e12}) {
    for (const std::size_t window : {3U, 30U, 1000U}) {
      std::mt19937_64 random(window);
      std::normal_distribution<double> normal;
      Stream stream(window);
      for (int i = 0; i < 2500; ++i) {
        stream.Add(offset - 0.01 * i + normal(random));
        if (i < 2 || i % 7 != 0) continue;
        const ReferenceDynamics reference = FitReference(stream.losses, window);
        ExpectTStatistic(stream.regression.SlopeTStatistic(), reference.tstat);
        if (window < 6 || i < 6) continue;
        ExpectTStatistic(stream.regression.SlopeChangeTStatistic(), reference.acceleration_tstat);
        if (HasFailure()) FAIL() << "offset " << offset << " window " << window << " sample " << i;
      }
    }
  }
}

TEST(WindowRegression, HasNoTStatisticWhereThereIsNoResidual) {
  Stream constant(30);
  Stream line(30);
  for (int i = 0; i < 200; ++i) {
    constant.Add(1.1);
    line.Add(3 - 0.1 * i);
    EXPECT_FALSE(constant.regression.SlopeTStatistic()) << i;
    EXPECT_FALSE(line.regression.SlopeTStatistic()) << i;
    EXPECT_FALSE(constant.regression.SlopeChangeTStatistic()) << i;
    EXPECT_FALSE(line.regression.SlopeChangeTStatistic()) << i;
  }
}

TEST(WindowRegression, HasNoTStatisticOfTwoLosses) {
  Stream stream(2);
  for (const double loss : {1.0, 2.0, 1.5, 7.0}) {
    stream.Add(loss);
    EXPECT_FALSE(stream.regression.SlopeTStatistic());
  }
}

TEST(WindowRegression, HasATStatisticOfTinyAndOfHugeLosses) {
  for (const double unit : {1e-300, 1e-160, 1.0, 1e160, 1e300}) {
    Stream stream(5);
    for (const double loss : {5.0, 4.0, 3.5, 2.0, 1.0}) stream.Add(loss * unit);
    ASSERT_TRUE(stream.regression.SlopeTStatistic()) << unit;
    EXPECT_NEAR(*stream.regression.SlopeTStatistic(), -std::sqrt(150.0), 1e-9) << unit;
  }
}

TEST(WindowRegression, SharesOneRingBetweenWindows) {
  Ring<double> ring(101);
  WindowRegression small(10);
  WindowRegression large(100);
  std::vector<double> losses;
  std::mt19937_64 random(9);
  std::normal_distribution<double> normal(4, 0.1);
  for (int i = 0; i < 500; ++i) {
    losses.push_back(normal(random));
    ring.Push(losses.back());
    small.Update(ring);
    large.Update(ring);
  }
  EXPECT_NEAR(small.Slope(), static_cast<double>(FitReference(losses, 10).velocity), 1e-15);
  EXPECT_NEAR(large.SlopeChange(), static_cast<double>(FitReference(losses, 100).acceleration), 1e-15);
}

}  // namespace
}  // namespace lossd::core
