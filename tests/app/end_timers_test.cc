#include "app/end_timers.h"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>

#include "app/repeating_timer.h"

namespace lossd::app {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

/// Long enough for whatever is due, and never waited for.
constexpr auto kLimit = std::chrono::seconds(30);

TEST(RepeatingTimer, RunsUntilItIsStopped) {
  boost::asio::io_context io;
  int runs = 0;
  RepeatingTimer timer(io, nanoseconds(0), [&] {
    if (++runs == 3) timer.Stop();
  });
  timer.Start();
  io.run_for(kLimit);
  EXPECT_EQ(runs, 3);
  EXPECT_TRUE(io.stopped());
}

TEST(RepeatingTimer, EndsWhereItWasQueuedWhenItWasStopped) {
  boost::asio::io_context io;
  int runs = 0;
  RepeatingTimer timer(io, nanoseconds(0), [&] { ++runs; });
  // Both are due when the io_context looks, and queued together; this one comes first.
  boost::asio::steady_timer first(io, boost::asio::steady_timer::time_point::min());
  first.async_wait([&](boost::system::error_code) { timer.Stop(); });
  timer.Start();
  io.run_for(kLimit);
  EXPECT_EQ(runs, 0);
  EXPECT_TRUE(io.stopped());
}

TEST(EndTimers, EndAfterTheGrace) {
  boost::asio::io_context io;
  EndTimers timers(io);
  int ends = 0;
  EXPECT_TRUE(timers.EndAfter(nanoseconds(0), [&] { ++ends; }));
  EXPECT_FALSE(timers.EndAfter(nanoseconds(0), [&] { ++ends; }));
  io.run_for(kLimit);
  EXPECT_EQ(ends, 1);
}

TEST(EndTimers, GiveUpThoughTheGraceIsAskedForMeanwhile) {
  boost::asio::io_context io;
  EndTimers timers(io);
  int ends = 0, given_up = 0;
  timers.BeginEnd(std::chrono::milliseconds(1), [&] { ++given_up; });
  EXPECT_FALSE(timers.EndAfter(hours(1), [&] { ++ends; }));
  io.run_for(kLimit);
  EXPECT_EQ(given_up, 1);
  EXPECT_EQ(ends, 0);
}

TEST(EndTimers, TheEndCutsTheGraceShort) {
  boost::asio::io_context io;
  EndTimers timers(io);
  int ends = 0;
  timers.EndAfter(hours(1), [&] { ++ends; });
  timers.BeginEnd(hours(1), [&] { ++ends; });
  timers.CallOff();
  io.run_for(kLimit);
  EXPECT_EQ(ends, 0);
  EXPECT_TRUE(io.stopped());
}

}  // namespace
}  // namespace lossd::app
