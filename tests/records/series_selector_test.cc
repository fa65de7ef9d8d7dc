#include "records/series_selector.h"

#include <gtest/gtest.h>

#include <string>

namespace lossd::records {
namespace {

/// Hands records to a selector, as a reader would.
class Selecting {
 public:
  explicit Selecting(Shape shape = Shape::kLine) : shape_(shape) {}

  SeriesSelector::Decision Tell(const std::string& series, double value, std::int64_t step,
                                std::optional<std::int64_t> rank = {}) {
    record_.Clear();
    LossValue& loss = record_.Add();
    loss.series = series;
    loss.value = value;
    loss.kind = LossKind::kPlain;
    loss.form = std::hash<std::string>()(series) | 1U;
    record_.step = step;
    record_.step_rank = kStepNumber;
    record_.counters = 1;
    record_.trust = Trust::kAtOnce;
    record_.shape = shape_;
    record_.text = std::hash<double>()(value);
    samples_.clear();
    const auto decision = selector_.Select(record_, rank, ++line_, samples_);
    taken_ += samples_.size();
    return decision;
  }
  std::size_t taken() const { return taken_; }

 private:
  Shape shape_;
  SeriesSelector selector_;
  Record record_;
  SampleBuffer samples_;
  std::uint64_t line_ = 0;
  std::size_t taken_ = 0;
};

TEST(SeriesSelector, CountsWhatIsBeyondTheMostSeries) {
  Selecting log;
  for (int i = 0; i < 256; ++i) log.Tell("loss_" + std::to_string(i), 1, 1);
  EXPECT_EQ(log.taken(), 256U);
  EXPECT_EQ(log.Tell("loss_256", 1, 1).ignored, Ignored::kTooManySeries);
  EXPECT_EQ(log.taken(), 256U);
}

TEST(SeriesSelector, FollowsTheOnlyRankThatGoesOn) {
  Selecting log;
  log.Tell("train", 2.5, 0, 3);
  for (int step = 0; step < 1000; ++step) log.Tell("train", 2.5 - step * 1e-4, step, 2);
  EXPECT_EQ(log.taken(), 1000U);
}

TEST(SeriesSelector, FollowsOneOfTheRanksThatDoNotSayWhoTheyAre) {
  Selecting log;
  for (int step = 0; step < 50; ++step) {
    for (int rank = 0; rank < 4; ++rank) log.Tell("train", 2.5 - step * 0.01 + rank * 0.001, step);
  }
  EXPECT_LE(log.taken(), 51U);
  EXPECT_GE(log.taken(), 50U);
}

TEST(SeriesSelector, TakesWhatALoggerOfObjectsTellsTwiceInAStep) {
  Selecting log(Shape::kObject);
  for (int step = 0; step < 50; ++step) {
    for (int call = 0; call < 2; ++call) log.Tell("train", 2.5 - step * 0.01 + call * 0.1, step);
  }
  EXPECT_EQ(log.taken(), 100U);
}

TEST(SeriesSelector, TakesEverySampleOfAStepThatNeverMoves) {
  Selecting log;
  for (int i = 0; i < 100; ++i) log.Tell("train", 2.5 - i * 0.01, 0);
  EXPECT_EQ(log.taken(), 100U);
}

}  // namespace
}  // namespace lossd::records
