// Series that are one fault each, as logs print them, and what is to be told of them.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "core/regime/regime_listener.h"

namespace lossd::core {
namespace {

double Digits(double value, double digit) { return std::round(value / digit) * digit; }

/// A classifier with a noise of its own, and what it was told by sample.
struct Series : Listener {
  explicit Series(ClassifierOptions options = {}) : Listener(options) {}
  double Noise(double deviation) { return deviation * draw(random); }
  void Take(double value, std::optional<std::int64_t> step = {}, std::optional<double> epoch = {},
            std::optional<double> rate = {}) {
    Feed({.value = value, .step = step, .learning_rate = rate, .epoch = epoch});
    regimes.push_back(std::string(Name(classifier.regime())));
  }
  bool Was(const std::string& regime, std::size_t from, std::size_t to) const {
    for (std::size_t i = from; i < to && i < regimes.size(); ++i) {
      if (regimes[i] == regime) return true;
    }
    return false;
  }
  double Share(const std::vector<std::string>& wanted, std::size_t from) const {
    double count = 0;
    for (std::size_t i = from; i < regimes.size(); ++i) {
      for (const std::string& regime : wanted) count += regimes[i] == regime ? 1 : 0;
    }
    return count / static_cast<double>(regimes.size() - from);
  }
  std::mt19937_64 random{12};
  std::normal_distribution<double> draw;
  std::vector<std::string> regimes;
};

const std::vector<std::string> kGood = {"healthy", "converging"};

TEST(GeneratedSeries, DivergesWhereTheStepStartsAnewInEachEpoch) {
  Series series;
  for (int i = 0; i < 1600; ++i)
    series.Take(2 * std::exp(-i / 900.0) + 0.5 + series.Noise(0.03) + std::max(0, i - 1500) * 0.02, i % 50, i / 50);
  EXPECT_EQ(series.Count("restart"), 0U);
  EXPECT_TRUE(series.Was("diverging", 1500, 1533));
  EXPECT_FALSE(series.Was("diverging", 0, 1500));
}

TEST(GeneratedSeries, DivergesFromAFlatBeginning) {
  Series series;
  for (int i = 0; i < 1500; ++i) series.Take(2.5 + series.Noise(0.1) + std::max(0, i - 1000) * 0.001, i);
  EXPECT_TRUE(series.Was("diverging", 1000, 1500));
  EXPECT_FALSE(series.Was("diverging", 0, 1000));
}

TEST(GeneratedSeries, IsHealthyWhereItIsShortAndSmooth) {
  Series series;
  for (int i = 0; i < 100; ++i) series.Take(Digits(7 * std::exp(-i / 25.0) + 0.1, 0.01), i);
  EXPECT_GE(series.Share(kGood, 12), 0.95);
}

TEST(GeneratedSeries, IsNotFooledByHeldValues) {
  Series series;
  for (int i = 0; i < 100; ++i) series.Take(Digits(0.6 * std::exp(-(i / 10) / 3.0) + 0.22, 0.001), i);
  EXPECT_EQ(series.Share({"diverging", "oscillating", "plateau", "constant"}, 0), 0);
}

TEST(GeneratedSeries, IsNotFooledByCoarseDigits) {
  Series series;
  for (int i = 0; i < 3500; ++i)
    series.Take(Digits(0.0552 + 0.00025 * std::sin(i / 250.0) + 0.001 * std::exp(-i / 500.0), 1e-4), i);
  EXPECT_EQ(series.Share({"diverging", "oscillating", "constant"}, 0), 0);
}

TEST(GeneratedSeries, IsNotFooledByTheShapeOfAnEpoch) {
  Series series;
  for (int epoch = 0; epoch < 14; ++epoch) {
    for (int k = 0; k < 42; ++k) series.Take(0.02 + 0.1 / std::sqrt(k + 1.0) * (1 - 0.02 * epoch), epoch * 42 + k);
  }
  EXPECT_EQ(series.Share({"diverging", "oscillating"}, 0), 0);
}

TEST(GeneratedSeries, StaysHealthyInALongRun) {
  Series series;
  for (int i = 0; i < 20'000; ++i) series.Take(2.2 + 6 * std::pow(i + 30, -0.22) + series.Noise(0.17), i);
  EXPECT_GE(series.Share(kGood, 100), 0.9);
  EXPECT_LE(series.Share({"plateau"}, 0), 0.02);
}

TEST(GeneratedSeries, IsFlatWhereItIs) {
  Series series;
  for (int i = 0; i < 1000; ++i) series.Take(2.7 + std::exp(-i / 30.0) + series.Noise(0.3), i);
  EXPECT_TRUE(series.Was("plateau", 100, 356));
  EXPECT_EQ(series.regimes.back(), "plateau");
}

TEST(GeneratedSeries, IsFlatWhereAFallHasStopped) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    Series series;
    series.random.seed(seed);
    for (int i = 0; i < 3000; ++i) series.Take(1 + 2 * std::pow(std::min(i, 1500) + 30, -0.3) + series.Noise(0.05), i);
    EXPECT_TRUE(series.Was("plateau", 1500, 3000)) << seed;
    EXPECT_FALSE(series.Was("plateau", 0, 1500)) << seed;
  }
}

TEST(GeneratedSeries, MeasuresTheRiseOfALossAroundZeroByItsSwings) {
  Series series;
  for (int i = 0; i < 2000; ++i)
    series.Take(0.05 - 0.3 * std::sin(std::min(i, 1000) / 250.0) * std::exp(-i / 400.0) + series.Noise(0.1), i);
  EXPECT_FALSE(series.Was("diverging", 0, 2000));
}

TEST(GeneratedSeries, IsConstantWhereNothingMoves) {
  Series dead, part({.role = Role::kPart});
  for (int i = 0; i < 100; ++i) {
    dead.Take(1.3863, i);
    part.Take(0, i);
  }
  EXPECT_TRUE(dead.Was("constant", 0, 17));
  EXPECT_EQ(dead.regimes.back(), "constant");
  EXPECT_FALSE(part.Was("constant", 0, 100)) << "a part may be zero by design";
}

TEST(GeneratedSeries, DivergesWhereAYoungRunTurns) {
  Series smooth;
  for (int i = 0; i < 60; ++i)
    smooth.Take(i < 2 ? 12.5 : i < 28 ? 48 - 1.4 * (i - 2) : Digits(11.7 + 0.28 * (i - 28), 0.01), i);
  EXPECT_TRUE(smooth.Was("diverging", 28, 44));
  EXPECT_FALSE(smooth.Was("diverging", 0, 28));
}

TEST(GeneratedSeries, IsNotFrozenWhereItFalls) {
  Series series;
  for (int i = 0; i < 200; ++i)
    series.Take(Digits(5 * std::exp(-i / 40.0) + 1, 1e-4), i, {}, Digits(0.001 * std::exp(-i / 4.0), 1e-4));
  EXPECT_EQ(series.Share({"plateau", "constant"}, 0), 0);
}

TEST(GeneratedSeries, BearsTwoProcessesAndValuesToldTwice) {
  Series ranks, twice;
  for (int i = 1; i < 300; ++i) {
    for (const int k : {0, 1}) ranks.Take(3 * std::pow(0.99, i) + ranks.Noise(0.01), 10 * (i - k));
  }
  EXPECT_EQ(ranks.Count("restart") + ranks.Count("diverging"), 0U);
  EXPECT_GE(ranks.Share(kGood, 24), 0.9);
  for (int i = 0; i < 500; ++i) {
    const double value = Digits(1 + 0.9 * std::exp(-i / 30.0) + twice.Noise(0.05), 1e-4);
    for (const int k : {0, 1}) twice.Take(value, i + k);
  }
  EXPECT_EQ(twice.Count("restart") + twice.Count("diverging") + twice.Count("constant"), 0U);
  EXPECT_FALSE(twice.Was("plateau", 0, 120)) << "while it still falls";
}

TEST(GeneratedSeries, SaysSoWhereALossComesBackWorse) {
  Series series;
  for (int i = 0; i < 300; ++i) series.Take(1 + series.Noise(0.05), {}, 0.01 * i);
  for (int i = 0; i < 100; ++i) series.Take(8 + series.Noise(0.4), {}, 2 + 0.01 * i);
  EXPECT_EQ(series.Count("restart"), 1U);
  EXPECT_TRUE(series.Was("diverging", 300, 364));
}

TEST(GeneratedSeries, StaysDivergedWhereABlowUpSettlesHighUp) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    Series series;
    series.random.seed(seed);
    const auto around = [&series](double level, double spread) { return level * std::exp(series.Noise(spread)); };
    int step = 0;
    while (step < 400) series.Take(around(0.25, 0.3), step++);
    while (step < 420) series.Take(around(500, 0.8), step++);
    while (step < 5000) series.Take(around(70, 0.8), step++);
    EXPECT_EQ(series.Share({"diverging"}, 430), 1) << seed;
    while (step < 5200) series.Take(around(0.25, 0.3), step++);
    EXPECT_NE(series.regimes.back(), "diverging") << seed;
  }
}

TEST(GeneratedSeries, DivergesWhereALossOnlyCreepsUp) {
  // A noise deviation every 20 samples, from the first on.
  for (const double level : {1.7, -1.7}) {
    for (const unsigned seed : {1U, 2U, 3U, 4U}) {
      Series series;
      series.random.seed(seed);
      for (int i = 0; i < 300; ++i) series.Take(level + 0.01 * (i / 20.0) + series.Noise(0.01), i);
      EXPECT_TRUE(series.Was("diverging", 0, 300)) << level << ", " << seed;
    }
  }
}

// What neighbours share makes their differences small: a bump that is large beside them is how an average moves.
TEST(GeneratedSeries, IsNotFooledByWhatAnAverageDoes) {
  double alarmed = 0;
  std::size_t spikes = 0;
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    Series series;
    series.random.seed(seed);
    double mean = 3;
    for (int i = 0; i < 1500; ++i) {
      mean += 0.2 * (0.05 + 2 * std::exp(-i / 60.0) + std::exp(series.Noise(1) - 3) - mean);
      series.Take(mean, i);
    }
    alarmed += series.Share({"diverging", "oscillating"}, 0) / 6;
    spikes += series.Count("spike");
  }
  EXPECT_LE(alarmed, 0.02);
  EXPECT_LE(spikes, 16U) << "in 9000 values with a long tail";
}

TEST(GeneratedSeries, TellsABlowUpOfAnAverage) {
  Series series;
  double mean = 3;
  for (int i = 0; i < 700; ++i) {
    mean += 0.1 * (1 + 2 * std::exp(-i / 100.0) + series.Noise(0.1) + (i >= 600 ? 0.03 * (i - 600) : 0) - mean);
    series.Take(mean, i);
  }
  EXPECT_FALSE(series.Was("diverging", 0, 600));
  EXPECT_TRUE(series.Was("diverging", 600, 660));
}

TEST(GeneratedSeries, TellsAWaveForAsLongAsItLasts) {
  Series series;
  for (int i = 0; i < 3000; ++i) {
    const double wave = i >= 1800 ? 0.15 * std::sin(i * std::numbers::pi / 20) : 0;
    series.Take(3 * std::pow(1 + i / 50.0, -0.3) + 0.5 + wave + series.Noise(0.05), i);
  }
  EXPECT_FALSE(series.Was("oscillating", 0, 1800));
  EXPECT_GE(series.Share({"oscillating"}, 2100), 0.9);
}

TEST(GeneratedSeries, KnowsAWaveThatWasAlwaysThere) {
  Series series;
  for (int i = 0; i < 3000; ++i)
    series.Take(3 * std::pow(1 + i / 50.0, -0.3) + 0.15 * std::sin(i / 4.0) + series.Noise(0.02), i);
  EXPECT_EQ(series.Share({"oscillating"}, 1024), 0);
}

TEST(GeneratedSeries, IsFlatWithinTheLastDigit) {
  Series series;
  for (int i = 0; i < 200; ++i) {
    const double stuck = i % 17 == 3 ? 0.0496 : i == 90 ? 0.0506 : 0.0497;
    series.Take(i < 30 ? Digits(0.05 + 0.3 * std::exp(-i / 6.0) + series.Noise(0.001), 1e-4) : stuck, i);
  }
  EXPECT_FALSE(series.Was("plateau", 0, 90));
  EXPECT_TRUE(series.Was("plateau", 90, 140));
}

TEST(GeneratedSeries, HoldsTheSecondDivergenceAfterARollback) {
  for (const unsigned seed : {1U, 2U, 3U, 4U}) {
    Series series;
    series.random.seed(seed);
    std::gamma_distribution<double> batch(4, 0.25);
    const auto take = [&](int from, int to, double level) {
      for (int step = from; step < to; ++step) series.Take(level * batch(series.random), step);
    };
    take(0, 1000, 0.28);
    take(1000, 1050, 4);
    EXPECT_EQ(series.regimes.back(), "diverging") << seed;
    take(900, 1000, 0.28);
    EXPECT_NE(series.regimes.back(), "diverging") << seed;
    take(1000, 1600, 1.5);
    EXPECT_EQ(series.Share({"diverging"}, 1250), 1) << seed;
    take(1600, 1800, 0.28);
    EXPECT_NE(series.regimes.back(), "diverging") << seed;
  }
}

TEST(GeneratedSeries, FlapsNotOnAHealthyLoss) {
  Series series;
  for (int i = 0; i < 5000; ++i) series.Take(PowerLaw(i) + series.Noise(0.05), i);
  EXPECT_LE(series.told.size(), 8U);
}

}  // namespace
}  // namespace lossd::core
