#include "core/arrival_intervals.h"

#include <gtest/gtest.h>

#include "core/state_codec.h"

namespace lossd::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

double TimeoutSeconds(const ArrivalIntervals& rhythm) {
  return std::chrono::duration<double>(rhythm.SilenceTimeout().value()).count();
}

struct Arrivals {
  void Every(nanoseconds gap, int times) {
    for (int i = 0; i < times; ++i) rhythm.Arrive(now += gap);
  }
  ArrivalIntervals rhythm;
  nanoseconds now{};
};

TEST(ArrivalIntervals, KnowsNothingWithoutALiveSample) {
  ArrivalIntervals rhythm;
  rhythm.Interrupt();
  EXPECT_FALSE(rhythm.SilenceTimeout());
  EXPECT_FALSE(rhythm.SecondsPerSample());
}

TEST(ArrivalIntervals, IsPatientBeforeItKnowsTheGaps) {
  Arrivals arrivals;
  arrivals.Every(seconds(1), 3);
  EXPECT_EQ(arrivals.rhythm.SilenceTimeout(), minutes(45));
  EXPECT_FALSE(arrivals.rhythm.SecondsPerSample());
  arrivals.Every(seconds(1), 1);
  EXPECT_EQ(arrivals.rhythm.SilenceTimeout(), seconds(120));
  EXPECT_NEAR(*arrivals.rhythm.SecondsPerSample(), 1, 1e-3);
}

TEST(ArrivalIntervals, WaitsTenMedianGaps) {
  Arrivals arrivals;
  arrivals.Every(seconds(30), 50);
  EXPECT_NEAR(TimeoutSeconds(arrivals.rhythm), 300, 0.3);
}

TEST(ArrivalIntervals, WaitsFiveTimesTheLongestUsualPause) {
  Arrivals arrivals;
  for (int i = 0; i < 6; ++i) {
    arrivals.Every(seconds(1), 49);
    arrivals.Every(seconds(90), 1);  // a checkpoint
  }
  EXPECT_NEAR(TimeoutSeconds(arrivals.rhythm), 450, 0.5);
  EXPECT_NEAR(*arrivals.rhythm.SecondsPerSample(), 1, 1e-3);
}

TEST(ArrivalIntervals, WaitsTwoHoursWhereTheRhythmAsksForNoMore) {
  Arrivals arrivals;
  arrivals.Every(minutes(30), 10);
  EXPECT_EQ(arrivals.rhythm.SilenceTimeout(), std::chrono::hours(2));
}

TEST(ArrivalIntervals, ForgetsGapsBeyondTheLast256) {
  Arrivals arrivals;
  arrivals.Every(minutes(10), 300);
  arrivals.Every(seconds(20), 256);
  EXPECT_NEAR(TimeoutSeconds(arrivals.rhythm), 1200, 1) << "the pauses that it survived still count";
  arrivals.Every(seconds(20), 4096);
  EXPECT_NEAR(TimeoutSeconds(arrivals.rhythm), 200, 0.2);
}

TEST(ArrivalIntervals, CountsInThePausesOfASlowOrARarelyEvaluatedRun) {
  Arrivals slow;
  slow.Every(std::chrono::hours(4), 2);
  EXPECT_NEAR(TimeoutSeconds(slow.rhythm), 12 * 3600, 60) << "one gap is no rhythm";
  slow.Every(std::chrono::hours(4), 8);
  EXPECT_NEAR(TimeoutSeconds(slow.rhythm), 12 * 3600, 60);
  Arrivals evaluated;
  evaluated.Every(seconds(1), 500);
  evaluated.Every(minutes(7), 1);
  evaluated.Every(seconds(1), 500);
  EXPECT_NEAR(TimeoutSeconds(evaluated.rhythm), 14 * 60, 1) << "an evaluation every 500 samples";
}

TEST(ArrivalIntervals, CountsSamplesOfOneInstantAsOneArrival) {
  ArrivalIntervals rhythm;
  for (int second = 1; second <= 400; ++second) {
    for (int i = 0; i < 8; ++i) rhythm.Arrive(seconds(40) * second);
  }
  EXPECT_NEAR(TimeoutSeconds(rhythm), 400, 0.4);
  EXPECT_NEAR(*rhythm.SecondsPerSample(), 5, 0.01);
}

TEST(ArrivalIntervals, TakesNoGapAcrossHistory) {
  Arrivals arrivals;
  arrivals.Every(seconds(1), 10);
  arrivals.rhythm.Interrupt();
  arrivals.now += std::chrono::hours(9);
  arrivals.Every(seconds(1), 10);
  EXPECT_EQ(arrivals.rhythm.SilenceTimeout(), seconds(120));
}

TEST(ArrivalIntervals, SurvivesANewSteadyClock) {
  Arrivals original;
  for (int i = 1; i < 300; ++i) original.Every(milliseconds(15000 + 7 * i), 1);
  original.now += seconds(5);
  StateWriter out;
  original.rhythm.Save(out, original.now);

  Arrivals loaded;
  loaded.now = seconds(-77);
  StateReader in(out.bytes());
  ASSERT_TRUE(loaded.rhythm.Load(in, loaded.now));
  EXPECT_TRUE(in.at_end());
  for (int i = 0; i < 300; ++i) {
    original.Every(milliseconds(11000 + 13 * i), 1);
    loaded.Every(milliseconds(11000 + 13 * i), 1);
    ASSERT_EQ(loaded.rhythm.SilenceTimeout(), original.rhythm.SilenceTimeout()) << i;
    ASSERT_EQ(loaded.rhythm.SecondsPerSample(), original.rhythm.SecondsPerSample()) << i;
  }
}

}  // namespace
}  // namespace lossd::core
