#include "core/regime/regime_classifier.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "core/regime/regime_listener.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(RegimeClassifier, FitsInFiveKilobytes) { EXPECT_LT(sizeof(RegimeClassifier), 5120U); }

TEST(RegimeClassifier, StartsWarmingUpAndSaysSo) {
  RegimeClassifier classifier;
  EXPECT_EQ(classifier.regime(), Regime::kWarmingUp);
  EXPECT_EQ(classifier.noise(), std::nullopt);
  classifier.Update({.value = 3});
  EXPECT_EQ(classifier.regime(), Regime::kWarmingUp);
  EXPECT_EQ(classifier.Why(), "1 finite sample so far");
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

TEST(RegimeClassifier, CallsAWaveOscillatingAndNothingWorse) {
  Listener run;
  run.FeedAll(Noisy(600, 0.1, PowerLaw));
  run.FeedAll(Noisy(
      600, 0.1, [](double i) { return PowerLaw(i + 600) + 0.3 * std::sin(2 * std::numbers::pi * i / 40); }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kOscillating);
  EXPECT_NEAR(run.classifier.Evidence().period_samples, 40, 4);
}

// As easy and hard data do that take turns: a good part of the power is in the harmonics.
TEST(RegimeClassifier, CallsAWaveOscillatingThatIsNoSine) {
  Listener run;
  run.FeedAll(Noisy(1000, 0.2, PowerLaw));
  run.FeedAll(Noisy(
      800, 0.2, [](double i) { return std::fmod(i, 48) < 34 ? 2.2 : 1.0; }, 2));
  EXPECT_EQ(run.classifier.regime(), Regime::kOscillating);
  EXPECT_NEAR(run.classifier.Evidence().period_samples, 48, 4);
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
  EXPECT_EQ(run.classifier.regime(), Regime::kUndecided);
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

struct Scale : testing::TestWithParam<std::pair<double, double>> {
  /// What is told of `values` as they are, and as the parameter scales and shifts them.
  static void Compare(std::vector<double> values) {
    Listener plain, moved;
    plain.FeedAll(values);
    for (double& value : values) value = value * GetParam().first + GetParam().second;
    moved.FeedAll(values);
    EXPECT_GE(plain.told.size(), 3U);
    // How much a fall or a flat stretch matters is a share of the loss, which a shift changes; troubles and events
    // stay.
    if (GetParam().second != 0) {
      for (auto* told : {&plain.told, &moved.told})
        std::erase_if(*told, [](const Told& one) { return !IsEvent(one.what); });
    }
    EXPECT_EQ(plain.told, moved.told);
  }
  static bool IsEvent(const std::string& what) { return what == "outlier" || what == "spike" || what == "restart"; }
};

TEST_P(Scale, ChangesNoEvent) {
  std::vector<double> values = Noisy(1500, 0.05, [](double i) {
    return PowerLaw(i) + (i >= 700 ? 0.6 * std::exp(-(i - 700) / 5) : 0) + (i >= 1200 ? 0.01 * (i - 1200) : 0);
  });
  Compare(std::move(values));
}

// The rules by rank, on noise of which a few draws make most of the mean.
TEST_P(Scale, ChangesNoEventOfAHeavyTail) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> noise(0, 2);
  std::vector<double> values;
  for (int i = 0; i < 2600; ++i)
    values.push_back(0.1 * std::exp(-i / 300.0) * noise(random) + (i >= 2000 ? 1e-4 : 0) +
                     (i >= 1000 && i < 1012 ? 0.05 : 0));
  Compare(std::move(values));
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

// A run of a few dozen values may swing like this all along: nothing tells yet.
TEST(RegimeClassifier, TellsNoWaveBeforeItKnowsWhatSwingsAreUsual) {
  std::vector<double> values = Noisy(400, 0.02, PowerLaw);
  const auto add_wave = [&values](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) values[i] += 0.1 * std::sin(static_cast<double>(i) * 0.7);
  };
  add_wave(48, 124);
  add_wave(250, 400);
  Listener run;
  run.FeedAll(values);
  std::vector<std::size_t> waves;
  for (const Told& one : run.told) {
    if (one.what == "oscillating") waves.push_back(one.sample);
  }
  ASSERT_EQ(waves.size(), 1U);
  EXPECT_GE(waves[0], 250U);
}

TEST(RegimeClassifier, TellsASpikeRightBehindASteepFall) {
  std::vector<double> values = Noisy(200, 0.05, [](double i) { return 3 + 5 / (1 + std::exp((i - 35) / 6)); });
  for (std::size_t i = 70; i < 73; ++i) values[i] += 1.8;
  Listener run;
  run.FeedAll(values);
  std::vector<std::size_t> spikes;
  for (const Told& one : run.told) {
    if (one.what == "spike") spikes.push_back(one.sample);
  }
  ASSERT_EQ(spikes.size(), 1U);
  EXPECT_GE(spikes[0], 72U);
  EXPECT_LE(spikes[0], 80U);
}

TEST(RegimeClassifier, TellsNoSpikeWhereAnAverageBeginsAnew) {
  const std::vector<double> losses = Noisy(
      2000, 0.2, [](double i) { return 0.5 + 1.5 * std::exp(-i / 800); }, 3);
  Listener told, untold;
  double sum = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    const auto of_epoch = static_cast<double>(i % 250);
    sum = (i % 250 == 0 ? 0 : sum) + losses[i];
    told.Feed({.value = sum / (of_epoch + 1), .epoch = static_cast<double>(i / 250)});
    // The same way down in each epoch, without a word of where one begins.
    if (i < 600) untold.Feed({.value = 0.02 + 0.1 / std::sqrt(static_cast<double>(i % 42 + 1))});
  }
  EXPECT_EQ(told.Count("spike"), 0U);
  EXPECT_EQ(untold.Count("spike"), 0U);
}

TEST(RegimeClassifier, AdvisesOnALossThatComesBackFarUpAfterANaN) {
  Listener run;
  run.FeedAll(Noisy(200, 0.02, PowerLaw));
  run.Feed({.value = std::nan("")});
  for (int i = 0; i < 3; ++i) {
    run.Feed({.value = 3e14});
    EXPECT_EQ(run.classifier.Advice().reason, LrAdviceReason::kBlowUp) << i;
  }
  Listener back;
  back.FeedAll(Noisy(200, 0.02, PowerLaw));
  back.Feed({.value = std::nan("")});
  for (int i = 201; i < 204; ++i) back.Feed({.value = PowerLaw(i)});
  EXPECT_EQ(back.classifier.Advice().reason, LrAdviceReason::kKeep);
}

TEST(RegimeClassifier, TellsADivergenceWhereTheLossComesBackWorseAfterANaN) {
  Listener run;
  run.FeedAll(Noisy(200, 0.02, PowerLaw));
  run.Feed({.value = std::nan("")});
  for (int i = 0; i < 24; ++i) run.Feed({.value = 1.5 * PowerLaw(200) + 0.02 * (i % 3)});
  EXPECT_EQ(run.classifier.regime(), Regime::kDiverging);
}

TEST(RegimeClassifier, AdvisesNothingFromAnEvaluationThatWasNeverFinite) {
  Listener evaluation({.evaluation = true}), training;
  for (Listener* run : {&evaluation, &training}) run->Feed({.value = std::numeric_limits<double>::infinity()});
  EXPECT_EQ(evaluation.classifier.regime(), Regime::kNonFinite);
  EXPECT_EQ(evaluation.classifier.Advice().reason, LrAdviceReason::kKeep);
  EXPECT_EQ(training.classifier.Advice().reason, LrAdviceReason::kNonFinite);
}

}  // namespace
}  // namespace lossd::core
