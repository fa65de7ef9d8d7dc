#include "core/regime/block_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr std::size_t kSize = BlockWindow::kSize;

/// A window beside the values in it.
class Watched {
 public:
  void Push(double value) {
    window_.Push(value);
    values_.push_back(value);
    if (values_.size() > kSize) values_.pop_front();
  }

  /// Every figure against two passes over the values, to a part of their spread.
  void Check() const {
    const double slope = SlopeOf(0, kSize);
    double mean = 0, low = values_[0], high = values_[0], steps = 0, strides = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      mean += values_[i] / static_cast<double>(kSize);
      low = std::min(low, values_[i]);
      high = std::max(high, values_[i]);
      if (i >= 1) steps += std::pow(values_[i] - values_[i - 1] - slope, 2) / (static_cast<double>(kSize) - 1);
      if (i >= 2) strides += std::pow(values_[i] - values_[i - 2] - 2 * slope, 2) / (static_cast<double>(kSize) - 2);
    }
    const double spread = high - low, error = 1e-6 * spread;
    const BlockWindow::Line line = window_.Fit();
    ASSERT_NEAR(line.mean, mean, error + 1e-15 * std::abs(mean));
    ASSERT_NEAR(line.slope, slope, error);
    ASSERT_NEAR(line.first_slope, SlopeOf(0, kSize / 2), error);
    ASSERT_NEAR(line.second_slope, SlopeOf(kSize / 2, kSize), error);
    ASSERT_NEAR(line.step_variance, steps, error * spread);
    ASSERT_NEAR(line.stride_variance, strides, error * spread);
    ASSERT_NEAR(window_.Recent()[kSize - 1], values_.back() - values_.front(), error);
  }

  const BlockWindow& window() const { return window_; }

 private:
  double SlopeOf(std::size_t begin, std::size_t end) const {
    double sxy = 0, sxx = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const double x = static_cast<double>(i) - static_cast<double>(begin + end - 1) / 2;
      sxy += x * (values_[i] - values_[begin]);
      sxx += x * x;
    }
    return sxy / sxx;
  }

  BlockWindow window_;
  std::deque<double> values_;
};

TEST(BlockWindow, AgreesWithTwoPassesAtAnyLevelAndAfterAnySpike) {
  for (const double level : {0.0, 3.0, -1e6, 1e12}) {
    for (const double spike : {0.0, 1e2, 1e15}) {
      std::mt19937 random(7);
      std::normal_distribution<double> noise;
      Watched watched;
      for (int i = 0; i < 1000; ++i) {
        const double burst = i % 200 == 150 ? spike : 0;
        watched.Push(level - 0.01 * i + noise(random) + burst);
        if (watched.window().full()) watched.Check();
        if (HasFatalFailure()) FAIL() << "level " << level << ", spike " << spike << ", value " << i;
      }
    }
  }
}

TEST(BlockWindow, KnowsThatNothingMovesAnyMore) {
  Watched watched;
  for (int i = 0; i < 50; ++i) watched.Push(1 / (1 + 0.3 * i));
  for (std::size_t i = 0; i < kSize; ++i) watched.Push(0.1);
  const BlockWindow::Line line = watched.window().Fit();
  EXPECT_NEAR(line.slope, 0, 1e-9);
  EXPECT_NEAR(line.step_variance, 0, 1e-16);
  EXPECT_NEAR(line.stride_variance, 0, 1e-16);
}

TEST(BlockWindow, KeepsTheDigitsOfALossThatHasFallenToAMillionth) {
  Watched watched;
  for (int i = 0; i < 40; ++i) watched.Push(1e6 + i);
  for (int i = 0; i < 70; ++i) {
    watched.Push(0.5 + 1e-4 * (i % 7));
    if (i >= static_cast<int>(kSize)) watched.Check();
  }
}

TEST(BlockWindow, RecoversFromValuesWhoseSquaresOverflow) {
  Watched watched;
  for (int i = 0; i < 40; ++i) watched.Push(i % 2 == 0 ? 1e300 : -1e300);
  for (std::size_t i = 0; i < kSize; ++i) watched.Push(static_cast<double>(i % 5));
  watched.Check();
}

TEST(BlockWindow, IsTheSameToTheBitAfterSavingAndLoading) {
  BlockWindow saved;
  for (int i = 0; i < 77; ++i) saved.Push(std::sin(i));
  StateWriter out;
  saved.Save(out);
  BlockWindow loaded;
  StateReader in(out.bytes());
  ASSERT_TRUE(loaded.Load(in));
  for (int i = 0; i < 20; ++i) {
    saved.Push(std::cos(i));
    loaded.Push(std::cos(i));
    EXPECT_EQ(loaded.Fit().slope, saved.Fit().slope);
    EXPECT_EQ(loaded.Fit().step_variance, saved.Fit().step_variance);
  }
}

}  // namespace
}  // namespace lossd::core
