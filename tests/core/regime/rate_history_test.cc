#include "core/regime/rate_history.h"

#include <gtest/gtest.h>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

constexpr bool kCalm = false, kTrouble = true;

RateHistory After(int samples, double rate) {
  RateHistory history;
  for (int i = 0; i < samples; ++i) history.Update(rate, kCalm, false, false);
  return history;
}

TEST(RateHistory, KnowsNothingWhereNoRateIsLogged) {
  RateHistory history;
  for (int i = 0; i < 200; ++i) history.Update(std::nullopt, i > 100, false, false);
  EXPECT_FALSE(history.lowered_lately());
  EXPECT_FALSE(history.left());
}

TEST(RateHistory, SeesALoweredRateUntilItHasHadTimeToWork) {
  RateHistory history = After(100, 1);
  EXPECT_FALSE(history.lowered_lately());
  int lately = 0;
  for (int i = 0; i < 200; ++i) {
    history.Update(0.5, kTrouble, false, false);
    lately += history.lowered_lately() ? 1 : 0;
  }
  EXPECT_GE(lately, 48);
  EXPECT_LE(lately, 64);
  EXPECT_EQ(history.since_lowered(), static_cast<std::uint32_t>(200 - lately));
}

TEST(RateHistory, DoesNotTakeASlowDecayForALoweredRate) {
  RateHistory history;
  double rate = 1;
  for (int i = 0; i < 2000; ++i) {
    history.Update(rate *= 0.999, kCalm, false, false);
    EXPECT_FALSE(history.lowered_lately()) << i;
  }
}

TEST(RateHistory, MeasuresTheRateAgainstTheOneFromBeforeTheTrouble) {
  RateHistory history = After(100, 0.04);
  for (int i = 0; i < 20; ++i)
    history.Update(1.2, kCalm, false, false);  // the jump that causes it shows a little later
  EXPECT_FALSE(history.left());
  history.Update(1.2, kTrouble, false, false);
  EXPECT_NEAR(history.left().value(), 30, 1e-6);
  for (int i = 0; i < 300; ++i) history.Update(0.01, kTrouble, false, false);
  EXPECT_NEAR(history.left().value(), 0.25, 1e-6);
  history.Update(0.01, kCalm, false, false);
  EXPECT_FALSE(history.left());
}

TEST(RateHistory, TroubleOutlivesItsVerdictWhileTheLevelIsUp) {
  RateHistory history = After(100, 0.04);
  history.Update(0.04, kCalm, true, false);
  EXPECT_FALSE(history.trouble());
  history.Update(0.04, kTrouble, true, false);
  for (int i = 0; i < 999; ++i) history.Update(0.04, kCalm, true, false);
  EXPECT_TRUE(history.trouble());
  EXPECT_TRUE(history.left());
  history.Update(0.04, kCalm, true, false);
  EXPECT_FALSE(history.trouble());
  history.Update(0.04, kTrouble, true, false);
  history.Update(0.04, kCalm, false, false);
  EXPECT_FALSE(history.trouble());
}

TEST(RateHistory, RemembersThroughTheTroubleThatGradientsGrew) {
  RateHistory history;
  history.Update(1, kCalm, false, true);
  history.Update(1, kTrouble, false, false);
  EXPECT_TRUE(history.gradients_grew());
  history.Update(1, kCalm, false, false);
  EXPECT_FALSE(history.gradients_grew());
}

TEST(RateHistory, GoesOnFromASavedState) {
  RateHistory history = After(100, 1);
  history.Update(0.5, kTrouble, false, true);
  StateWriter out;
  history.Save(out);
  StateReader in(out.bytes());
  RateHistory loaded;
  ASSERT_TRUE(loaded.Load(in));
  EXPECT_EQ(loaded.left(), history.left());
  EXPECT_TRUE(loaded.lowered_lately());
  EXPECT_TRUE(loaded.gradients_grew());
  StateReader cut(std::string_view(out.bytes()).substr(0, 20));
  EXPECT_FALSE(loaded.Load(cut));
  EXPECT_FALSE(loaded.left());
}

}  // namespace
}  // namespace lossd::core
