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

}  // namespace
}  // namespace lossd::core
