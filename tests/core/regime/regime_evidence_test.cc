#include "core/regime/regime_evidence.h"

#include <gtest/gtest.h>

namespace lossd::core {
namespace {

RegimeEvidence::LookBack Falling(double rise, double share) {
  return {.values = 200, .rise = rise, .error = 0.01, .share = share, .rank_z = -4.2};
}

TEST(RegimeEvidence, TellsAFallAsAShareOfTheLoss) {
  EXPECT_EQ(Describe({.regime = Regime::kHealthy, .half = Falling(-0.25, -0.1)}),
            "fell 10% over 200 samples; z = -4.2");
}

// As of a loss around zero.
TEST(RegimeEvidence, TellsAFallByMoreThanTheLossInItsOwnUnit) {
  EXPECT_EQ(Describe({.regime = Regime::kHealthy, .half = Falling(-3.25, -3.96)}),
            "fell by 3.25 over 200 samples; z = -4.2");
}

TEST(RegimeEvidence, TellsAPlateauWithoutATrend) {
  EXPECT_EQ(Describe({.regime = Regime::kPlateau}), "stays within its last printed digit");
}

TEST(RegimeEvidence, CountsSamplesInGrammar) {
  EXPECT_EQ(Describe({.regime = Regime::kWarmingUp, .finite_samples = 1}), "1 finite sample so far");
  EXPECT_EQ(Describe({.regime = Regime::kWarmingUp, .finite_samples = 2}), "2 finite samples so far");
}

}  // namespace
}  // namespace lossd::core
