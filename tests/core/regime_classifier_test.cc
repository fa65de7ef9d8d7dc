#include "core/regime_classifier.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Told {
  std::size_t sample;
  std::string what;
  friend bool operator==(const Told&, const Told&) = default;
};

// Feeds values and notes what is told, as replay does.
struct Listener {
  explicit Listener(ClassifierOptions options = {}) : classifier(options) {}

  void Feed(const Observation& observation) {
    const Regime before = classifier.regime();
    const Findings found = classifier.Update(observation);
    if (found.outlier) told.push_back({samples, "outlier"});
    if (found.spike) told.push_back({samples, "spike"});
    if (found.restart) told.push_back({samples, "restart"});
    if (classifier.regime() != before) told.push_back({samples, std::string(Name(classifier.regime()))});
    ++samples;
  }
  void FeedAll(const std::vector<double>& values) {
    for (const double value : values) Feed({.value = value});
  }
  std::size_t Count(const std::string& what) const {
    std::size_t count = 0;
    for (const Told& one : told) count += one.what == what ? 1 : 0;
    return count;
  }

  RegimeClassifier classifier;
  std::vector<Told> told;
  std::size_t samples = 0;
};

// `count` values of trend(i) plus normal noise of the given deviation.
std::vector<double> Noisy(std::size_t count, double deviation, const std::function<double(double)>& trend,
                          unsigned seed = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise(0, deviation);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(trend(static_cast<double>(i)) + noise(random));
  return values;
}

double PowerLaw(double i) { return 1.5 + 4 * std::pow(i + 10, -0.3); }

TEST(RegimeClassifier, FitsInFourKilobytes) { EXPECT_LT(sizeof(RegimeClassifier), 4096U); }

TEST(RegimeClassifier, StartsWarmingUpAndSaysSo) {
  RegimeClassifier classifier;
  EXPECT_EQ(classifier.regime(), Regime::kWarmingUp);
  EXPECT_EQ(classifier.noise(), std::nullopt);
  classifier.Update({.value = 3});
  EXPECT_EQ(classifier.regime(), Regime::kWarmingUp);
  EXPECT_EQ(classifier.Why(), "1 finite samples so far");
}

TEST(RegimeClassifier, CallsAFallingLossHealthy) {
  Listener run;
  run.FeedAll(Noisy(1000, 0.05, [](double i) { return 5 - 0.004 * i; }));
  EXPECT_EQ(run.classifier.regime(), Regime::kHealthy);
  EXPECT_NE(run.classifier.Why().find("fell"), std::string::npos);
}

TEST(RegimeClassifier, CallsASaturatingLossConverging) {
  Listener run;
  run.FeedAll(Noisy(600, 0.2, [](double i) { return 1 + 4 * std::exp(-i / 100); }));
  EXPECT_GE(run.Count("converging"), 1U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

TEST(RegimeClassifier, CallsAFlatLossPlateau) {
  Listener run;
  run.FeedAll(Noisy(4000, 0.1, [](double) { return 2.0; }));
  EXPECT_EQ(run.classifier.regime(), Regime::kPlateau);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

TEST(RegimeClassifier, CallsARisingLossDiverging) {
  Listener run;
  run.FeedAll(Noisy(600, 0.1, [](double i) { return i < 400 ? 2.0 : 2 + 0.02 * (i - 400); }));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
  EXPECT_EQ(run.Count("diverging"), 1U);
  EXPECT_NE(run.classifier.Why().find("noise deviations above"), std::string::npos) << run.classifier.Why();
}

TEST(RegimeClassifier, CallsAJumpThatStaysDivergingWithinTwentyFourSamples) {
  Listener run;
  run.FeedAll(Noisy(500, 0.05, PowerLaw));
  run.FeedAll(Noisy(
      24, 0.05, [](double) { return 6.0; }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
}

TEST(RegimeClassifier, EndsADivergenceThatIsUndone) {
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

TEST(RegimeClassifier, TellsASpikeThatReturnsFromADivergence) {
  Listener run;
  run.FeedAll(
      Noisy(1500, 0.05, [](double i) { return PowerLaw(i) + (i >= 1000 ? 0.5 * std::exp(-(i - 1000) / 5) : 0); }));
  EXPECT_EQ(run.Count("spike"), 1U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

// Log-normal noise: the lift by a quarter of the median is a hundredth of its deviation.
TEST(RegimeClassifier, CallsARiseDivergingThatOnlyTheFloorShows) {
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

TEST(RegimeClassifier, TellsASpikeLowerThanTheHabitualOutliers) {
  std::vector<double> values = Noisy(1500, 0.05, PowerLaw);
  for (std::size_t i = 0; i < values.size(); i += 17) values[i] += 1;
  for (std::size_t i = 1000; i < 1030; ++i) values[i] += 0.5 * std::exp((1000 - static_cast<double>(i)) / 10);
  Listener run;
  run.FeedAll(values);
  EXPECT_EQ(run.Count("spike"), 1U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

// A spike whose way back is long: the step up and the level while it returns are a slope in every window.
TEST(RegimeClassifier, TellsTheWayBackOfASpikeFromADivergence) {
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

TEST(RegimeClassifier, FindsASlowDrift) {
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
TEST(RegimeClassifier, WantsAPlainRiseOfALossThatHasLearnedNothing) {
  for (const double deviations : {4.5, 15.0}) {
    Listener run;
    run.FeedAll(Noisy(1500, 0.05, [&](double i) {
      return 0.7 + (i > 600 ? 0.05 * deviations * std::min(1.0, (i - 600) / 300) : 0);
    }));
    EXPECT_EQ(run.Count("diverging"), deviations > 10 ? 1U : 0U) << deviations;
  }
}

TEST(RegimeClassifier, TellsALoneOutlierFromASpike) {
  Listener run;
  run.FeedAll(Noisy(1500, 0.05, [](double i) { return PowerLaw(i) + (i == 1000 ? 1.0 : 0); }));
  EXPECT_GE(run.Count("outlier"), 1U);
  EXPECT_EQ(run.Count("spike"), 0U);
  EXPECT_EQ(run.Count("diverging"), 0U);
}

// Iterations 31214 to 31222 of the chronicles of BLOOM-176B.
TEST(RegimeClassifier, FollowsTheSpikeOfBloom) {
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

TEST(RegimeClassifier, CallsAWaveOscillatingAndNothingWorse) {
  Listener run;
  run.FeedAll(Noisy(600, 0.1, PowerLaw));
  run.FeedAll(Noisy(
      600, 0.1, [](double i) { return PowerLaw(i + 600) + 0.3 * std::sin(2 * std::numbers::pi * i / 40); }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kOscillating);
  EXPECT_NEAR(run.classifier.Evidence().period_samples, 40, 4);
}

// Bursts of a wave, on a loss that has risen: each passes before it could explain the rise for good.
TEST(RegimeClassifier, DoesNotFlickerWhileARisenLossSwingsForAWhile) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    Listener run;
    run.FeedAll(Noisy(500, 0.02, PowerLaw, seed));
    run.FeedAll(Noisy(
        600, 0.02,
        [](double i) { return 3.0 + (std::fmod(i, 300) < 120 ? 0.6 * std::sin(2 * std::numbers::pi * i / 40) : 0); },
        seed + 100));
    EXPECT_EQ(run.Count("diverging"), 1U) << seed;
  }
}

TEST(RegimeClassifier, EntersAndLeavesNonFiniteAtOnce) {
  RegimeClassifier classifier;
  EXPECT_TRUE(classifier.Update({.value = kNan}).non_finite);
  EXPECT_EQ(classifier.regime(), Regime::kNonFinite);
  EXPECT_TRUE(classifier.Update({.value = -std::numeric_limits<double>::infinity()}).non_finite);
  EXPECT_FALSE(classifier.Update({.value = 1}).non_finite);
  EXPECT_EQ(classifier.regime(), Regime::kWarmingUp);
}

TEST(RegimeClassifier, SeesThroughAMaskedNan) {
  Listener run;
  run.FeedAll(Noisy(100, 0.1, PowerLaw));
  run.Feed({.value = 0.0, .gradient_norm = 1.0});
  EXPECT_NE(run.classifier.regime(), Regime::kNonFinite);
  run.Feed({.value = 0.0, .gradient_norm = kNan});
  EXPECT_EQ(run.classifier.regime(), Regime::kNonFinite);
  EXPECT_NE(run.classifier.Why().find("masked"), std::string::npos);
}

TEST(RegimeClassifier, AnnouncesARestartOnceAndWithoutAlarm) {
  Listener run;
  const std::vector<double> values = Noisy(1500, 0.05, PowerLaw);
  for (std::int64_t step = 0; step < 1000; ++step)
    run.Feed({.value = values[static_cast<std::size_t>(step)], .step = step});
  for (std::int64_t step = 600; step < 1500; ++step)
    run.Feed({.value = values[static_cast<std::size_t>(step)], .step = step});
  EXPECT_EQ(run.Count("restart"), 1U);
  EXPECT_EQ(run.Count("diverging") + run.Count("spike"), 0U);
}

TEST(RegimeClassifier, ExcusesARiseThatTheScheduleAsksFor) {
  Listener run;
  const std::vector<double> noise = Noisy(1200, 0.02, [](double) { return 0.0; });
  for (std::size_t i = 0; i < 1200; ++i) {
    const bool second = i >= 600;
    const double phase = static_cast<double>(i % 600) / 600;
    const double rate = 0.5 + 0.5 * std::cos(std::numbers::pi * phase);
    const double level = (second ? 1.2 : 1.0) + (second ? 0.8 : 4) * std::exp(-phase * 6);
    run.Feed({.value = level + noise[i], .learning_rate = rate});
  }
  EXPECT_EQ(run.Count("diverging"), 0U);
}

TEST(RegimeClassifier, SaysNothingOfTheTrendWhereItHasNoMeaning) {
  Listener run({.profile = Profile::kTrendless});
  run.FeedAll(Noisy(2000, 0.05, [](double i) { return std::sin(i / 100) + i / 500; }));
  EXPECT_EQ(run.classifier.regime(), Regime::kWarmingUp);
  EXPECT_EQ(run.Count("spike"), 0U);
  run.Feed({.value = kNan});
  EXPECT_EQ(run.classifier.regime(), Regime::kNonFinite);
}

TEST(RegimeClassifier, TurnsARewardAround) {
  Listener run({.direction = Direction::kHigherIsBetter});
  run.FeedAll(Noisy(800, 0.05, [](double i) { return -5 + 0.004 * i; }));
  EXPECT_EQ(run.classifier.regime(), Regime::kHealthy);
  run.FeedAll(Noisy(
      60, 0.05, [](double) { return -6.0; }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
}

// What a healthy loss may look like, and must not raise an alarm for.
struct Quiet : testing::TestWithParam<std::pair<const char*, std::vector<double>>> {};

TEST_P(Quiet, RaisesNoAlarm) {
  Listener run;
  run.FeedAll(GetParam().second);
  EXPECT_EQ(run.Count("diverging") + run.Count("oscillating") + run.Count("spike"), 0U);
}

std::vector<double> HeavyTailed() {
  std::mt19937_64 random(5);
  std::student_t_distribution<double> noise(3);
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) values.push_back(PowerLaw(i) + 0.05 * noise(random));
  return values;
}

std::vector<double> Correlated() {
  std::vector<double> values = Noisy(5000, 0.02, [](double) { return 0.0; });
  for (std::size_t i = 1; i < values.size(); ++i) values[i] += 0.5 * values[i - 1];
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += PowerLaw(static_cast<double>(i));
  return values;
}

std::vector<double> Quantised() {
  std::vector<double> values = Noisy(3000, 0.02, PowerLaw);
  for (double& value : values) value = std::round(value * 100) / 100;
  return values;
}

std::vector<double> Negative() {
  std::vector<double> values = Noisy(3000, 0.05, PowerLaw);
  for (double& value : values) value -= 10;
  return values;
}

INSTANTIATE_TEST_SUITE_P(RegimeClassifier, Quiet,
                         testing::Values(std::pair{"constant", std::vector<double>(2000, 1.25)},
                                         std::pair{"one sample", std::vector<double>(1, 7)},
                                         std::pair{"power law", Noisy(5000, 0.05, PowerLaw)},
                                         std::pair{"noiseless", Noisy(3000, 1e-12, PowerLaw)},
                                         std::pair{"heavy-tailed", HeavyTailed()},
                                         std::pair{"correlated", Correlated()}, std::pair{"quantised", Quantised()},
                                         std::pair{"negative", Negative()}),
                         [](const auto& instance) {
                           std::string name = instance.param.first;
                           for (char& c : name) c = std::isalpha(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

struct Scale : testing::TestWithParam<std::pair<double, double>> {};

TEST_P(Scale, ChangesNoEvent) {
  std::vector<double> values = Noisy(1500, 0.05, [](double i) {
    return PowerLaw(i) + (i >= 700 ? 0.6 * std::exp(-(i - 700) / 5) : 0) + (i >= 1200 ? 0.01 * (i - 1200) : 0);
  });
  Listener plain, moved;
  plain.FeedAll(values);
  for (double& value : values) value = value * GetParam().first + GetParam().second;
  moved.FeedAll(values);
  EXPECT_GE(plain.told.size(), 3U);
  EXPECT_EQ(plain.told, moved.told);
}

INSTANTIATE_TEST_SUITE_P(RegimeClassifier, Scale,
                         testing::Values(std::pair{1e-6, 0.0}, std::pair{1e6, 0.0}, std::pair{3.7, 0.0},
                                         std::pair{1.0, 100.0}, std::pair{1.0, -100.0}, std::pair{1e6, 5e6}));

TEST(RegimeClassifier, ContinuesToTheBitAfterSaveAndLoad) {
  std::vector<double> values = Noisy(1500, 0.1, [](double i) { return 3 + (i > 1000 ? 0.01 * (i - 1000) : 0); });
  RegimeClassifier first, second;
  for (int i = 0; i < 777; ++i) first.Update({.value = values[static_cast<std::size_t>(i)], .step = i});
  StateWriter saved;
  first.Save(saved);
  StateReader reader(saved.bytes());
  ASSERT_TRUE(second.Load(reader));
  EXPECT_TRUE(reader.at_end());
  for (int i = 777; i < 1500; ++i) {
    const Observation observation{.value = values[static_cast<std::size_t>(i)], .step = i, .gradient_norm = 1 + i};
    first.Update(observation);
    second.Update(observation);
  }
  StateWriter one, two;
  first.Save(one);
  second.Save(two);
  EXPECT_EQ(one.bytes(), two.bytes());
}

TEST(RegimeClassifier, IsAsNewAfterAStateThatIsCutShort) {
  Listener run;
  run.FeedAll(Noisy(500, 0.1, PowerLaw));
  StateWriter saved;
  run.classifier.Save(saved);
  StateReader reader(std::string_view(saved.bytes()).substr(0, saved.bytes().size() - 8));
  EXPECT_FALSE(run.classifier.Load(reader));
  EXPECT_EQ(run.classifier.regime(), Regime::kWarmingUp);
  EXPECT_EQ(run.classifier.noise(), std::nullopt);
}

}  // namespace
}  // namespace lossd::core
