#include "app/clock_jump_detector.h"

#include <gtest/gtest.h>

namespace lossd::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class ClockWatchTest : public ::testing::Test {
 protected:
  nanoseconds Tick(nanoseconds wall, nanoseconds steady = seconds(1)) {
    now_.steady += steady;
    now_.wall += wall;
    return watch_.Tick(now_);
  }

  core::Instant now_{seconds(5), core::Timestamp(hours(24 * 365 * 50))};
  ClockJumpDetector watch_;
};

TEST_F(ClockWatchTest, SeesJumpsOfASecondAndMore) {
  EXPECT_EQ(Tick(seconds(1)), nanoseconds(0));
  EXPECT_EQ(Tick(hours(24)), hours(24) - seconds(1));
  EXPECT_EQ(Tick(-hours(48)), -hours(48) - seconds(1));
  EXPECT_EQ(Tick(seconds(2)), seconds(1));
  EXPECT_EQ(watch_.jumps().forward, 2u);
  EXPECT_EQ(watch_.jumps().back, 1u);
}

TEST_F(ClockWatchTest, TakesNoSlewAndNoLongPauseForAJump) {
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(Tick(seconds(1) + std::chrono::microseconds(500)), nanoseconds(0));
  EXPECT_EQ(Tick(seconds(1) - milliseconds(900)), nanoseconds(0));
  EXPECT_EQ(Tick(hours(3), hours(3)), nanoseconds(0));
  EXPECT_EQ(watch_.jumps().forward + watch_.jumps().back, 0u);
}

}  // namespace
}  // namespace lossd::app
