#include "core/regime/lr_advice.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace lossd::core {
namespace {

TEST(LrAdvice, KeepsTheRateOfAHealthyRun) {
  for (const Regime regime : {Regime::kWarmingUp, Regime::kHealthy, Regime::kConverging, Regime::kStalled}) {
    EXPECT_EQ(AdviseLr({.regime = regime}).ratio, 1);
    EXPECT_EQ(AdviseLr({.regime = regime}).reason, LrAdviceReason::kKeep);
  }
}

TEST(LrAdvice, HalvesTheRateOfABrokenOrDivergingRun) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kNonFinite}).ratio, 0.5);
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging}).ratio, 0.5);
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging, .gradients_grow = true}).reason, LrAdviceReason::kGradientGrowth);
}

TEST(LrAdvice, TellsABlowUpFromADrift) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging, .risen_deviations = 5}).reason, LrAdviceReason::kDiverging);
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging, .risen_deviations = 40}).reason, LrAdviceReason::kBlowUp);
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging, .risen_deviations = 40}).ratio, 0.5);
}

TEST(LrAdvice, DoesNotForgetARiseThatHasOnlyPartlyBeenUndone) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kWarmingUp, .still_up = true, .risen_deviations = 6}).ratio, 0.5);
  EXPECT_EQ(AdviseLr({.regime = Regime::kPlateau, .still_up = true, .rate_left = 0.1}).reason,
            LrAdviceReason::kStaysUp);
  EXPECT_EQ(AdviseLr({.regime = Regime::kHealthy, .falling = true, .still_up = true}).reason,
            LrAdviceReason::kRecovering);
}

TEST(LrAdvice, WaitsForWhatALowerRateBrings) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging, .lowered_lately = true}).reason, LrAdviceReason::kSettling);
  EXPECT_EQ(AdviseLr({.regime = Regime::kNonFinite, .lowered_lately = true}).ratio, 1);
}

TEST(LrAdvice, KeepsTheRateWhileTheLossComesBackDown) {
  const LrAdvice advice = AdviseLr({.regime = Regime::kDiverging, .gradients_grow = true, .falling = true});
  EXPECT_EQ(advice.reason, LrAdviceReason::kRecovering);
  EXPECT_EQ(advice.ratio, 1);
}

TEST(LrAdvice, DoesNotBlameARateThatIsFarBelowTheOneBeforeTheRise) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kDiverging, .rate_left = 0.5}).ratio, 0.5);
  const LrAdvice advice = AdviseLr({.regime = Regime::kDiverging, .rate_left = 0.25});
  EXPECT_EQ(advice.reason, LrAdviceReason::kStaysUp);
  EXPECT_EQ(advice.ratio, 1);
}

TEST(LrAdvice, SendsBackToACheckpointWhereALowerRateAloneMendsNothing) {
  for (const LrAdviceReason reason : kLrAdviceReasons) {
    const bool asks = reason == LrAdviceReason::kNonFinite || reason == LrAdviceReason::kGradientGrowth ||
                      reason == LrAdviceReason::kBlowUp || reason == LrAdviceReason::kStaysUp;
    EXPECT_EQ(AsksForCheckpoint(reason), asks) << Name(reason);
  }
}

TEST(LrAdvice, LowersTheRateForFrequentSpikesOnly) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kHealthy, .recent_spikes = 2}).ratio, 1);
  EXPECT_EQ(AdviseLr({.regime = Regime::kHealthy, .recent_spikes = 3}).reason, LrAdviceReason::kSpikes);
}

TEST(LrAdvice, TellsTheEdgeOfStabilityFromTheOrderOfTheData) {
  const LrEvidence fast{.regime = Regime::kOscillating, .period_samples = 2.5, .amplitude_deviations = 4};
  EXPECT_EQ(AdviseLr(fast).reason, LrAdviceReason::kOscillating);
  EXPECT_EQ(AdviseLr(fast).ratio, 0.5);
  const LrEvidence slow{.regime = Regime::kOscillating, .period_samples = 100, .amplitude_deviations = 4};
  EXPECT_EQ(AdviseLr(slow).reason, LrAdviceReason::kSlowOscillation);
  EXPECT_EQ(AdviseLr(slow).ratio, 1);
}

TEST(LrAdvice, DecaysOnAPlateauWhileTheRateIsHigh) {
  EXPECT_EQ(AdviseLr({.regime = Regime::kPlateau, .relative_rate = 1.0, .fallen_deviations = 20}).ratio, 0.3);
  EXPECT_EQ(AdviseLr({.regime = Regime::kPlateau, .relative_rate = 0.3, .fallen_deviations = 20}).ratio, 1);
}

TEST(LrAdvice, DoesNotLowerARateThatIsLowAlready) {
  const LrAdvice advice = AdviseLr({.regime = Regime::kPlateau, .relative_rate = 0.05, .fallen_deviations = 20});
  EXPECT_EQ(advice.reason, LrAdviceReason::kConverged);
  EXPECT_EQ(advice.ratio, 1);
}

TEST(LrAdvice, SaysWhereARunHasNotLearntAtAll) {
  const LrAdvice advice = AdviseLr({.regime = Regime::kPlateau, .relative_rate = 1.0, .fallen_deviations = 0.5});
  EXPECT_EQ(advice.reason, LrAdviceReason::kNotLearning);
  EXPECT_EQ(advice.ratio, 1);
}

TEST(LrAdvice, HasANameAndASentenceForEveryReason) {
  std::set<std::string_view> names;
  for (const LrAdviceReason reason : kLrAdviceReasons) {
    EXPECT_TRUE(names.insert(Name(reason)).second) << Name(reason);
    EXPECT_FALSE(Sentence(reason).empty());
  }
  EXPECT_EQ(names.count(""), 0U);
}

}  // namespace
}  // namespace lossd::core
