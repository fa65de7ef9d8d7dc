#include "core/regime_classifier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

TEST(RegimeClassifier, StartsWarmingUp) { EXPECT_EQ(RegimeClassifier().regime(), Regime::kWarmingUp); }

TEST(RegimeClassifier, EntersNonFiniteAtOnce) {
  RegimeClassifier classifier;
  EXPECT_TRUE(classifier.Update({.value = std::numeric_limits<double>::quiet_NaN()}).non_finite);
  EXPECT_EQ(classifier.regime(), Regime::kNonFinite);
}

TEST(RegimeClassifier, CallsARisingLossDiverging) {
  RegimeClassifier classifier;
  std::mt19937_64 random(1);
  std::normal_distribution<double> noise(0, 0.1);
  for (int i = 0; i < 400; ++i) classifier.Update({.value = 2 + noise(random)});
  EXPECT_NE(classifier.regime(), Regime::kDiverging);
  for (int i = 0; i < 100; ++i) classifier.Update({.value = 2 + 0.02 * i + noise(random)});
  EXPECT_EQ(classifier.regime(), Regime::kDiverging);
}

TEST(RegimeClassifier, AnnouncesARestartOnce) {
  RegimeClassifier classifier;
  int restarts = 0;
  for (std::int64_t step = 0; step < 100; ++step)
    restarts += classifier.Update({.value = 2, .step = step}).restart ? 1 : 0;
  for (std::int64_t step = 50; step < 150; ++step)
    restarts += classifier.Update({.value = 2, .step = step}).restart ? 1 : 0;
  EXPECT_EQ(restarts, 1);
}

TEST(RegimeClassifier, ContinuesToTheBitAfterSaveAndLoad) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> noise(0, 0.1);
  RegimeClassifier first;
  for (int i = 0; i < 777; ++i) first.Update({.value = 3 + noise(random), .step = i});
  StateWriter saved;
  first.Save(saved);
  RegimeClassifier second;
  StateReader reader(saved.bytes());
  ASSERT_TRUE(second.Load(reader));
  EXPECT_TRUE(reader.at_end());
  for (int i = 777; i < 1500; ++i) {
    const Observation observation{.value = 3 + (i > 1000 ? 0.01 * (i - 1000) : 0) + noise(random), .step = i};
    first.Update(observation);
    second.Update(observation);
  }
  StateWriter one, two;
  first.Save(one);
  second.Save(two);
  EXPECT_EQ(one.bytes(), two.bytes());
}

}  // namespace
}  // namespace lossd::core
