#include "core/regime/progress.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "core/regime/saved_part.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

using Move = Progress::Move;

/// Feeds a progress as the classifier does, and counts what it announces.
struct Log {
  Move Feed(std::optional<std::int64_t> step, std::optional<double> epoch, double loss) {
    const Move move = progress.Update(step, epoch, loss, recent);
    if (move != Move::kOnward) recent.Clear();
    recent.Push(loss);
    restarts += move != Move::kOnward ? 1 : 0;
    return move;
  }
  Progress progress;
  RecentValues recent;
  int restarts = 0;
};

double Falling(int i) { return 2 / std::sqrt(1.0 + i) + 0.01 * std::sin(i * 12.9898); }

TEST(Progress, GoesOnWhereTheEpochRisesAndItsCounterStartsAnew) {
  Log log;
  for (int i = 0; i < 200; ++i) log.Feed(i % 50, i / 50, Falling(i));
  EXPECT_EQ(log.restarts, 0);
  EXPECT_EQ(log.progress.global_step(), 199);
}

TEST(Progress, GoesOnWhereTheCounterFallsBeforeTheEpochRises) {
  Log log;
  for (int epoch = 0; epoch < 4; ++epoch) {
    log.Feed(0, std::max(0, epoch - 1), 1);
    for (int step = 0; step < 40; ++step) log.Feed(step, epoch, 1);
  }
  EXPECT_EQ(log.restarts, 0);
}

TEST(Progress, KnowsACounterThatStartsAnewWithoutAPrintedEpoch) {
  Log log;
  for (int i = 0; i < 400; ++i) log.Feed(10 * (i % 40), {}, Falling(i));
  EXPECT_EQ(log.restarts, 0);
  EXPECT_EQ(log.progress.global_step(), 3990);
}

TEST(Progress, KnowsAnEpochThatBeginsAsHighAsTheOneBefore) {
  Log log;
  for (int i = 0; i < 400; ++i) {
    const int epoch = i / 40, within = i % 40;
    log.Feed(within, {}, 1 + 3.0 / (1 + epoch) + 0.5 * (1 - within / 40.0));
  }
  EXPECT_EQ(log.restarts, 0) << "the run began far above";
}

TEST(Progress, TakesALossThatIsBackWhereItBeganForANewRun) {
  Log log;
  for (int run = 0; run < 4; ++run) {
    for (int i = 0; i < 40; ++i) {
      const Move move = log.Feed(10 * i, {}, Falling(i));
      EXPECT_EQ(move, run > 0 && i == 0 ? Move::kBegun : Move::kOnward);
    }
  }
  EXPECT_EQ(log.restarts, 3);
}

TEST(Progress, TakesAnotherEndForANewRunWhereTheLossSaysNothing) {
  Log log;
  for (const int length : {40, 50, 35}) {
    for (int i = 0; i < length; ++i) log.Feed(10 * i, {}, 1 + 0.1 * std::sin(i * 12.9898));
  }
  EXPECT_EQ(log.restarts, 1) << "where the first run ended nobody knows yet how long an epoch is";
}

TEST(Progress, TakesTheVeryBeginningForANewRunHoweverShortTheLastOneWas) {
  Log log;
  for (int run = 0; run < 8; ++run) {
    for (int i = 0; i < 3; ++i) log.Feed(250 * i, {}, 4.319 - i);
    EXPECT_EQ(log.restarts, run);
  }
  // Not where it begins otherwise: lines of processes may interleave by so much.
  Log other;
  for (int run = 0; run < 8; ++run) {
    for (int i = 0; i < 3; ++i) other.Feed(250 * i, {}, 4.319 - i + 0.001 * run);
  }
  EXPECT_LT(other.restarts, 7);
}

TEST(Progress, AnnouncesAResumeFromTheMiddleOnce) {
  Log log;
  for (int i = 0; i < 100; ++i) log.Feed(i, {}, Falling(i));
  EXPECT_EQ(log.Feed(60, {}, Falling(60)), Move::kResumed);
  for (int i = 61; i < 150; ++i) log.Feed(i, {}, Falling(i));
  EXPECT_EQ(log.restarts, 1);
}

TEST(Progress, AnnouncesAResumeThatOnlyTheEpochShows) {
  Log log;
  for (int i = 0; i < 20; ++i) log.Feed({}, 0.01 * i, Falling(i));
  EXPECT_EQ(log.Feed({}, 0.12, Falling(12)), Move::kResumed);
  EXPECT_EQ(log.Feed({}, 0.13, Falling(13)), Move::kOnward);
}

TEST(Progress, AnnouncesANewRunWhereTheEpochStartsAnew) {
  Log log;
  for (int i = 0; i < 30; ++i) log.Feed({}, 1 + i, Falling(i));
  EXPECT_EQ(log.Feed({}, 1, Falling(0)), Move::kBegun);
}

TEST(Progress, AnnouncesAResumeWithinAnEpochOneSampleLate) {
  Log log;
  for (int i = 0; i < 100; ++i) log.Feed(i, 3, Falling(i));
  EXPECT_EQ(log.Feed(40, 3, Falling(40)), Move::kOnward);
  EXPECT_EQ(log.Feed(41, 3, Falling(41)), Move::kResumed);
}

TEST(Progress, BearsLinesOfSeveralProcesses) {
  Log two, eight;
  for (int i = 1; i < 100; ++i) {
    for (const int behind : {0, 1}) two.Feed(10 * (i - behind), {}, Falling(i));
    for (const int behind : {0, 2, 1, 3, 0, 4, 1, 0}) eight.Feed(10 * (i - behind), {}, Falling(i));
  }
  EXPECT_EQ(two.restarts, 0);
  EXPECT_LE(eight.restarts, 3) << "a few, until that is known for the habit of the log";
}

TEST(Progress, BearsStepsAtTheEndsOfTheirRange) {
  Log log;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max(), kLeast = -kMost - 1;
  for (const std::int64_t step : {kLeast, kMost, kLeast, kMost, std::int64_t{0}}) log.Feed(step, {}, 1);
  for (const double epoch : {1e300, -1e300, 0.0}) log.Feed(kMost, epoch, 1);
  EXPECT_EQ(log.progress.global_step(), kMost);
}

TEST(Progress, ContinuesAfterSaveAndLoad) {
  Log log;
  for (int i = 0; i < 130; ++i) log.Feed(i % 40, {}, Falling(i));
  Progress loaded;
  const std::string saved = ExpectTheSameAfterLoad(log.progress, loaded);
  StateReader cut(std::string_view(saved).substr(8));
  EXPECT_FALSE(loaded.Load(cut));
  EXPECT_EQ(loaded.global_step(), std::nullopt);
}

}  // namespace
}  // namespace lossd::core
