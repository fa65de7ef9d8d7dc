#include "core/regime/swing_meter.h"

#include <gtest/gtest.h>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

TEST(SwingMeter, MeasuresWhatHasGoneUpAndComeBack) {
  SwingMeter swings;
  for (const double level : {5.0, 4.0, 4.5, 4.4, 5.0}) swings.Update(level);
  EXPECT_EQ(swings.Largest(4), 0) << "nothing has come back yet";
  EXPECT_EQ(swings.Current(), 1);
  swings.Update(4.4);
  EXPECT_EQ(swings.Largest(4), 1);
  EXPECT_EQ(swings.Largest(8), 1);
  EXPECT_EQ(swings.Largest(1), 0.25) << "a lower loss swings less";
}

TEST(SwingMeter, DropsWhatIsTold) {
  SwingMeter swings;
  for (const double level : {1.0, 3.0}) swings.Update(level);
  swings.Drop();
  swings.Update(1.0);
  EXPECT_EQ(swings.Largest(1), 0);
}

TEST(SwingMeter, ContinuesAfterSaveAndLoad) {
  SwingMeter swings, loaded;
  for (const double level : {1.0, 3.0, 1.0, 2.0}) swings.Update(level);
  StateWriter saved;
  swings.Save(saved);
  StateReader in(saved.bytes());
  ASSERT_TRUE(loaded.Load(in));
  EXPECT_EQ(loaded.Largest(1), swings.Largest(1));
  EXPECT_EQ(loaded.Current(), swings.Current());
}

// Zigzag of the given heights, in noise deviations of 0.1.
void Zigzag(UsualSwings& swings, std::uint64_t& count, int times, double height) {
  for (int i = 0; i < 2 * times; ++i) swings.Update(i % 2 == 0 ? 0 : 0.1 * height, 0.1, ++count, true);
}

TEST(UsualSwings, AreThoseOfTheSpanBeforeTheLastPowerOfTwo) {
  UsualSwings swings;
  std::uint64_t count = 0;
  Zigzag(swings, count, 128, 2);
  EXPECT_NEAR(swings.Largest(), 2, 0.5);
  Zigzag(swings, count, 127, 20);
  EXPECT_NEAR(swings.Largest(), 2, 0.5) << "a wave is not its own yardstick";
  Zigzag(swings, count, 257, 20);
  EXPECT_NEAR(swings.Largest(), 20, 5);
}

TEST(UsualSwings, LeaveOutTheFewThatAreLarge) {
  UsualSwings swings;
  std::uint64_t count = 0;
  for (int i = 0; i < 40; ++i) {
    Zigzag(swings, count, 30, 2);
    Zigzag(swings, count, 1, 50);
  }
  EXPECT_LT(swings.Largest(), 5);
}

TEST(UsualSwings, ContinueAfterSaveAndLoad) {
  UsualSwings swings, loaded;
  std::uint64_t count = 0;
  Zigzag(swings, count, 100, 3);
  StateWriter saved;
  swings.Save(saved);
  StateReader in(saved.bytes());
  ASSERT_TRUE(loaded.Load(in));
  std::uint64_t again = count;
  Zigzag(swings, count, 200, 7);
  Zigzag(loaded, again, 200, 7);
  EXPECT_EQ(loaded.Largest(), swings.Largest());
}

}  // namespace
}  // namespace lossd::core
