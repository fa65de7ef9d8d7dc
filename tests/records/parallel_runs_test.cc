#include "records/parallel_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lossd::records {
namespace {

using testing::ElementsAre;

/// Hands records to the filter and keeps the losses that it lets through, as the selector does.
class Log {
 public:
  struct Line {
    double step = 0, loss = 0;
    std::uint64_t words = 1;
    double rate = 0;
  };

  Log& Tell(const Line& line) {
    Record record;
    record.step = static_cast<std::int64_t>(line.step);
    record.step_source = StepSource::kRecord;
    record.layout = line.words;
    record.counters = 1;
    if (line.rate != 0) record.learning_rate = line.rate;
    LossValue loss;
    loss.value = line.loss;
    loss.form = 1;
    decision_ = runs_.Select(record, loss);
    if (decision_ == ParallelRuns::Decision::kHold) held_.push_back(line.loss);
    if (decision_ == ParallelRuns::Decision::kRelease || decision_ == ParallelRuns::Decision::kChoose) Give(decision_);
    if (decision_ == ParallelRuns::Decision::kFollow || decision_ == ParallelRuns::Decision::kRelease ||
        (decision_ == ParallelRuns::Decision::kChoose && runs_.Follows()))
      given_.push_back(line.loss);
    return *this;
  }
  std::vector<double> Finish() {
    if (!held_.empty()) Give(runs_.Finish());
    return given_;
  }
  const std::vector<double>& given() const { return given_; }
  bool holds() const { return !held_.empty(); }

 private:
  void Give(ParallelRuns::Decision decision) {
    for (std::size_t i = 0; i < held_.size(); ++i) {
      if (decision == ParallelRuns::Decision::kRelease || runs_.IsHeldFollowed(i)) given_.push_back(held_[i]);
    }
    held_.clear();
  }

  ParallelRuns runs_;
  ParallelRuns::Decision decision_ = ParallelRuns::Decision::kFollow;
  std::vector<double> held_, given_;
};

TEST(ParallelRuns, GiveTheFirstOfTwoWithoutOneSampleOfTheOther) {
  Log log;
  for (int i = 1; i <= 20; ++i) {
    log.Tell({100.0 * i, 3.0 - i * 0.01}).Tell({10.0 * i, 7.0 - i * 0.1});
    for (const double loss : log.given()) EXPECT_LT(loss, 4);
  }
  EXPECT_EQ(log.Finish().size(), 20U);
}

TEST(ParallelRuns, MayBeMoreThanTwoAndOfDifferentPace) {
  Log log;
  for (int i = 1; i <= 40; ++i) {
    log.Tell({50.0 * i, 1.0 - i * 0.001}).Tell({10.0 * i, 5.0 - i * 0.001});
    log.Tell({10.0 * i + 5, 4.9 - i * 0.001}).Tell({static_cast<double>(i), 9.0 - i * 0.001});
  }
  const std::vector<double> given = log.Finish();
  EXPECT_EQ(given.size(), 40U);
  for (const double loss : given) EXPECT_LE(loss, 1);
}

TEST(ParallelRuns, AreToldApartWhereTheOneOvertakesTheOther) {
  Log log;
  for (int i = 1; i <= 60; ++i) log.Tell({1000.0 + 10 * i, 2.0 - i * 0.01}).Tell({100.0 * i, 6.0 - i * 0.01});
  const std::vector<double> given = log.Finish();
  EXPECT_EQ(given.size(), 60U);
  for (const double loss : given) EXPECT_LE(loss, 2);
}

TEST(ParallelRuns, AreToldApartByTheirWordsAndTheirLevelAtTheSameStep) {
  Log log;
  for (int i = 1; i <= 20; ++i) log.Tell({10.0 * i, 2.0 - i * 0.03, 1}).Tell({10.0 * i, 4.1 - i * 0.05, 2});
  EXPECT_EQ(log.Finish().size(), 20U);
}

TEST(ParallelRuns, AreOneWhereLinesOfAStepDifferInWordsAlone) {
  Log log;
  for (int i = 1; i <= 20; ++i) log.Tell({10.0 * i, 2.0 - i * 0.03, 1}).Tell({10.0 * i, 2.1 - i * 0.05, 2});
  EXPECT_EQ(log.Finish().size(), 40U);
}

TEST(ParallelRuns, AreToldApartByTheirLearningRates) {
  Log log;
  for (int i = 1; i <= 20; ++i) {
    const double wave = i % 2 == 0 ? 0.5 : -0.5;
    log.Tell({100.0 * i, 2 + wave, 1, 1e-3}).Tell({10.0 * i, 2 - wave, 1, 1e-4});
  }
  EXPECT_EQ(log.Finish().size(), 20U);
}

TEST(ParallelRuns, LeaveOneThatHasEnded) {
  Log log;
  for (int i = 1; i <= 10; ++i) log.Tell({100.0 * i, 3}).Tell({10.0 * i, 7});
  for (int i = 11; i <= 200; ++i) log.Tell({10.0 * i, 7});
  EXPECT_GT(log.Finish().size(), 130U);
}

TEST(ParallelRuns, AreOneWhereTheCounterGoesOnFromWhereItFell) {
  Log log;
  log.Tell({100, 3}).Tell({200, 2.5}).Tell({300, 2});
  for (int i = 1; i <= 3; ++i) {
    log.Tell({100.0 * i, 5.0 - i});
    EXPECT_TRUE(log.holds());
  }
  log.Tell({400, 1.5});
  EXPECT_THAT(log.given(), ElementsAre(3, 2.5, 2, 4, 3, 2, 1.5));
}

TEST(ParallelRuns, HoldOneRecordOfALaterRestart) {
  Log log;
  for (int i = 1; i <= 100; ++i) log.Tell({10.0 * i, 5.0 - i * 0.01});
  log.Tell({10, 5});
  EXPECT_TRUE(log.holds());
  log.Tell({20, 4.5});
  EXPECT_EQ(log.given().size(), 102U);
}

TEST(ParallelRuns, DoNotAskWhereTheCounterFallsAsARule) {
  Log log;
  for (int epoch = 0; epoch < 10; ++epoch) {
    for (int i = 1; i <= 8; ++i) {
      log.Tell({10.0 * i, 5.0 - epoch * 0.3 - i * 0.03});
      EXPECT_FALSE(epoch > 3 && log.holds());
    }
  }
  EXPECT_EQ(log.Finish().size(), 80U);
}

TEST(ParallelRuns, AreNotSeenWhereNothingButTheCountersDiffers) {
  Log log;
  for (int i = 1; i <= 30; ++i) log.Tell({100.0 * (i + 1), 2 + (i % 5) * 0.2}).Tell({100.0 * i, 2 + (i % 4) * 0.25});
  EXPECT_EQ(log.Finish().size(), 60U);
}

TEST(ParallelRuns, AreChosenAtTheEndOfAShortLog) {
  Log log;
  for (int i = 1; i <= 5; ++i) log.Tell({100.0 * i, 3}).Tell({10.0 * i, 7});
  EXPECT_THAT(log.Finish(), ElementsAre(3, 3, 3, 3, 3));
}

}  // namespace
}  // namespace lossd::records
