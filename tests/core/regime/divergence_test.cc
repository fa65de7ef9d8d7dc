// Rises and spikes, as the whole classifier tells them.
#include "core/regime/divergence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "core/regime/regime_listener.h"

namespace lossd::core {
namespace {

TEST(Divergence, CallsARisingLossDiverging) {
  Listener run;
  run.FeedAll(Noisy(600, 0.1, [](double i) { return i < 400 ? 2.0 : 2 + 0.02 * (i - 400); }));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
  EXPECT_EQ(run.Count("diverging"), 1U);
  EXPECT_NE(run.classifier.Why().find("noise deviations above"), std::string::npos) << run.classifier.Why();
}

TEST(Divergence, CallsAJumpThatStaysDivergingWithinTwentyFourSamples) {
  Listener run;
  run.FeedAll(Noisy(500, 0.05, PowerLaw));
  run.FeedAll(Noisy(
      24, 0.05, [](double) { return 6.0; }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
}

// No single sample stands out while the level follows the loss up.
TEST(Divergence, CallsASteadyClimbDivergingWithinThirtyTwoSamples) {
  Listener run;
  run.FeedAll(Noisy(1000, 0.1, PowerLaw));
  run.FeedAll(Noisy(
      32, 0.1, [](double i) { return PowerLaw(1000 + i) + 0.03 * i; }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
  EXPECT_NEAR(run.classifier.Evidence().risen_from, PowerLaw(1000), 0.2);
}

TEST(Divergence, EndsADivergenceThatIsUndone) {
  Listener run;
  run.FeedAll(Noisy(500, 0.05, PowerLaw));
  run.FeedAll(Noisy(
      60, 0.05, [](double) { return 6.0; }, 2));
  ASSERT_EQ(run.classifier.regime(), Regime::kDiverging);
  run.FeedAll(Noisy(
      300, 0.05, [](double) { return 2.0; }, 3));
  EXPECT_NE(run.classifier.regime(), Regime::kDiverging);
  EXPECT_EQ(run.Count("diverging"), 1U);
}

TEST(Divergence, TellsASpikeThatReturnsFromADivergence) {
  Listener run;
  run.FeedAll(
      Noisy(1500, 0.05, [](double i) { return PowerLaw(i) + (i >= 1000 ? 0.5 * std::exp(-(i - 1000) / 5) : 0); }));
  EXPECT_EQ(run.Count("spike"), 1U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

// Log-normal noise: the lift by a quarter of the median is a hundredth of its deviation.
TEST(Divergence, CallsARiseDivergingThatOnlyTheFloorShows) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> noise(0, 2);
  Listener run;
  const auto level = [](double i) { return 0.001 * std::exp(-i / 2000) + (i < 300 ? 0.1 * std::exp(-i / 50) : 0); };
  for (int i = 0; i < 3000; ++i) run.Feed({.value = level(i) * noise(random)});
  ASSERT_EQ(run.Count("diverging"), 0U);
  const double lift = 0.5 * level(3000);
  for (int i = 3000; i < 3600; ++i) run.Feed({.value = level(i) * noise(random) + lift});
  EXPECT_EQ(run.Count("diverging"), 1U);
}

TEST(Divergence, TellsASpikeLowerThanTheHabitualOutliers) {
  int told = 0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::vector<double> values = Noisy(1500, 0.05, PowerLaw, seed);
    for (std::size_t i = 0; i < values.size(); i += 17) values[i] += 1;
    for (std::size_t i = 1000; i < 1030; ++i) values[i] += 0.5 * std::exp((1000 - static_cast<double>(i)) / 10);
    Listener run;
    run.FeedAll(values);
    told += run.Count("spike") == 1 ? 1 : 0;
    EXPECT_EQ(run.Count("diverging"), 0U) << seed;
  }
  EXPECT_GE(told, 8);
}

// A spike whose way back is long: the step up and the level while it returns are a slope in every window.
TEST(Divergence, TellsTheWayBackOfASpikeFromADivergence) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    Listener run;
    run.FeedAll(Noisy(
        1500, 0.05,
        [](double i) {
          return PowerLaw(i) + (i >= 1000 ? 8 * std::exp(-(i - 1000) / 4) + 0.5 * std::exp(-(i - 1000) / 50) : 0);
        },
        seed));
    EXPECT_EQ(run.Count("spike"), 1U) << seed;
    EXPECT_EQ(run.Count("diverging"), 0U) << seed;
  }
}

TEST(Divergence, FindsASlowDrift) {
  int found = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Listener run;
    run.FeedAll(Noisy(
        2500, 0.05, [](double i) { return 2 + 3 * std::exp(-i / 200) + (i >= 1500 ? 0.0001 * (i - 1500) : 0); }, seed));
    found += run.Count("diverging") == 1 ? 1 : 0;
  }
  EXPECT_GE(found, 19) << "of 20 that rise by two noise deviations in 1000 samples";
}

// As adversarial losses do, which swing about where they started.
TEST(Divergence, FindsADriftOfALossThatFellByLittleMoreThanItsNoise) {
  Listener run;
  run.FeedAll(Noisy(1500, 1, [](double i) { return 1.5 * std::exp(-i / 200); }));
  ASSERT_EQ(run.Count("diverging"), 0U);
  run.FeedAll(Noisy(
      1000, 1, [](double i) { return 0.004 * i; }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
}

TEST(Divergence, WantsAPlainRiseOfALossThatHasLearnedNothing) {
  for (const double deviations : {1.0, 5.0}) {
    Listener run;
    run.FeedAll(Noisy(
        1500, 0.05, [&](double i) { return 7 + (i > 600 ? 0.05 * deviations * std::min(1.0, (i - 600) / 300) : 0); }));
    EXPECT_EQ(run.Count("diverging"), deviations > 3 ? 1U : 0U) << deviations;
  }
}

TEST(Divergence, TellsALoneOutlierFromASpike) {
  Listener run;
  run.FeedAll(Noisy(1500, 0.05, [](double i) { return PowerLaw(i) + (i == 1000 ? 1.0 : 0); }));
  EXPECT_GE(run.Count("outlier"), 1U);
  EXPECT_EQ(run.Count("spike"), 0U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

// Iterations 31214 to 31222 of the chronicles of BLOOM-176B.
TEST(Divergence, FollowsTheSpikeOfBloom) {
  Listener run;
  run.FeedAll(Noisy(1000, 0.02, [](double) { return 2.2; }));
  const double loss[] = {2.199, 2.220, 2.595, 2.242, 2.345, 5.098, 3.492, 3.213, 2.805};
  for (const double value : loss) run.Feed({.value = value});
  run.FeedAll(Noisy(
      200, 0.02, [](double i) { return 2.2 + 0.4 * std::exp(-i / 10); }, 2));
  std::vector<Told> at_spike;
  for (const Told& one : run.told) {
    if (one.sample >= 1000 && one.sample <= 1008) at_spike.push_back(one);
  }
  ASSERT_GE(at_spike.size(), 2U);
  EXPECT_EQ(at_spike.front(), (Told{1002, "outlier"}));
  EXPECT_EQ(at_spike.back().what, "spike");
  EXPECT_LE(at_spike.back().sample, 1007U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

// Bursts of a wave, on a loss that has risen: each passes before it could explain the rise for good.
TEST(Divergence, DoesNotFlickerWhileARisenLossSwingsForAWhile) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Listener run;
    run.FeedAll(Noisy(500, 0.02, PowerLaw, seed));
    run.FeedAll(Noisy(
        600, 0.02,
        [](double i) { return 3.0 + (std::fmod(i, 300) < 120 ? 0.6 * std::sin(2 * std::numbers::pi * i / 40) : 0); },
        seed + 100));
    EXPECT_GE(run.Count("diverging"), 1U) << seed;
    EXPECT_LE(run.Count("diverging"), 2U) << seed;
  }
}

}  // namespace
}  // namespace lossd::core
