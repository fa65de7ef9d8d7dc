#include "core/regime/recent_values.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

TEST(RecentValues, KeepsTheLastOnes) {
  RecentValues recent;
  EXPECT_EQ(recent.size(), 0U);
  for (int i = 0; i < 1000; ++i) recent.Push(1e6 + i);
  EXPECT_EQ(recent.size(), RecentValues::kCapacity);
  EXPECT_EQ(recent.Value(0), 1e6 + 999);
  EXPECT_EQ(recent.Value(95), 1e6 + 904);
  EXPECT_EQ(recent.MedianOfFive(), 1e6 + 997);
}

TEST(RecentValues, MeasuresTheNoiseOnASteepFall) {
  RecentValues recent;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.05);
  for (int i = 0; i < 64; ++i) recent.Push(i == 50 ? 100 : 10 - 0.1 * i + noise(random));
  EXPECT_NEAR(recent.DifferenceNoise(), 0.05, 0.02);
}

TEST(RecentValues, KnowsWhatADigitIsWorth) {
  RecentValues recent;
  for (int i = 0; i < 50; ++i) recent.Push(std::round(100 * std::exp(-i / 40.0)) / 100);
  EXPECT_NEAR(recent.LeastStep(), 0.01, 1e-6);
}

TEST(RecentValues, BearsValuesOfAnySize) {
  RecentValues recent;
  for (const double value : {0.0, 1e308, -1e308, 1e-308}) recent.Push(value);
  EXPECT_TRUE(std::isfinite(recent.DifferenceNoise()));
  EXPECT_TRUE(std::isfinite(recent.MedianOfFive()));
}

TEST(RecentValues, ContinuesAfterSaveAndLoad) {
  RecentValues recent, loaded;
  for (int i = 0; i < 200; ++i) recent.Push(std::sin(i));
  StateWriter saved;
  recent.Save(saved);
  StateReader in(saved.bytes());
  ASSERT_TRUE(loaded.Load(in));
  EXPECT_TRUE(in.at_end());
  recent.Push(3);
  loaded.Push(3);
  for (std::size_t age = 0; age < RecentValues::kCapacity; ++age) EXPECT_EQ(recent.Value(age), loaded.Value(age));
}

TEST(RecentValues, KeepTheDigitsOfALossThatHasFallenToAMillionth) {
  RecentValues recent;
  recent.Push(1e5);
  for (int i = 0; i < 100; ++i) recent.Push(1e-3 + 1e-6 * (i % 5));
  for (std::size_t age = 0; age < RecentValues::kCapacity; ++age) {
    EXPECT_NEAR(recent.Value(age), 1e-3 + 1e-6 * static_cast<double>((99 - age) % 5), 1e-9) << age;
  }
  EXPECT_NEAR(recent.LeastStep(), 1e-6, 1e-9);
}

// Of an average, whose neighbours differ by little, across four values.
TEST(RecentValues, SecondDifferencesShowWhatNeighboursShare) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> draw(0, 1);
  double apart = 0, near = 0, bent = 0;
  for (int run = 0; run < 50; ++run) {
    RecentValues smooth, curve;
    double value = 0;
    for (int i = 0; i < 96; ++i) {
      value = 0.8 * value + 0.6 * draw(random);  // of unit variance
      smooth.Push(value);
      curve.Push(100 - 0.01 * i * i);
    }
    apart += smooth.SecondDifferenceNoise(4) / 50;
    near += smooth.DifferenceNoise() / 50;
    bent = std::max(bent, curve.SecondDifferenceNoise(4));
  }
  EXPECT_NEAR(near, std::sqrt(0.2), 0.1);
  EXPECT_NEAR(apart, 0.8, 0.15);
  EXPECT_LT(bent, 1e-3) << "deaf to a bend";
}

}  // namespace
}  // namespace lossd::core
