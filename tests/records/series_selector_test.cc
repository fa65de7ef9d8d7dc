#include "records/series_selector.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <tuple>

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

/// The same lines for two selectors, of which one is not told that they are of the same statements.
class SideBySide {
 public:
  explicit SideBySide(std::uint64_t seed) : random_(seed), of_most_lines_(seed % kStatements) {}

  /// A log of a few statements whose counters mostly move forward, and what else may happen between its lines.
  void Run(int lines) {
    for (int i = 0; i < lines; ++i) {
      switch (random_() % 64) {
        case 0:
          Both([](SeriesSelector& one) { one.EnterSection(Phase::kValidation); });
          break;
        case 1:
          Both([](SeriesSelector& one) { one.EnterSection(Phase::kTrain); });
          break;
        case 2:
          Both([](SeriesSelector& one) { one.EndBlock(); });
          break;
        case 3:
          Both([this](SeriesSelector& one) { one.AnnounceBest(line_); });
          break;
        case 4:
          Tell(random_() % kStatements);
          break;
        default:
          Tell(of_most_lines_);
      }
    }
    SampleBuffer known, unknown;
    known_.Finish(known);
    unknown_.Finish(unknown);
    Compare(known, unknown);
  }
  std::size_t taken() const { return taken_; }

 private:
  static constexpr std::uint64_t kStatements = 6;

  template <class What>
  void Both(What what) {
    what(known_);
    what(unknown_);
  }

  Record Line(std::uint64_t statement) {
    Record record;
    LossValue& loss = record.Add();
    loss.series = statement == 1 ? core::kEvalSeries : core::kTrainSeries;
    loss.kind = statement == 2 ? LossKind::kSmoothed : LossKind::kPlain;
    loss.form = 10 + statement;
    loss.value = random_() % 32 == 0 ? value_ : static_cast<double>(random_() % 100'000) / 1000;
    value_ = loss.value;
    if (statement == 3) {
      const LossValue again = loss;
      record.Add() = again;
    }
    if (random_() % 64 == 0) step_ -= static_cast<std::int64_t>(random_() % 20);
    if (random_() % 16 != 0) step_ += static_cast<std::int64_t>(1 + random_() % 3);
    if (statement != 4 || random_() % 4 != 0) record.step = step_;
    record.step_rank = kStepNumber;
    record.counters = 1;
    record.trust = statement == 5 ? Trust::kRepeated : Trust::kAtOnce;
    if (statement == 2) {
      record.epoch = static_cast<double>(step_ / 50) - (random_() % 16 == 0 ? 2 : 0);
      record.whole_epoch = true;
    }
    if (random_() % 8 == 0) record.learning_rate = 1e-3;
    if (random_() % 8 == 0) record.gradient_norm = 0.5;
    record.layout = 100 + statement + (random_() % 32 == 0 ? kStatements : 0);
    record.text = random_();
    record.statement = statement + 1;
    return record;
  }

  void Tell(std::uint64_t statement) {
    if (random_() % 128 == 0) of_most_lines_ = random_() % kStatements;
    Record record = Line(statement), same = record;
    same.statement = 0;
    const auto rank = random_() % 256 == 0 ? std::optional<std::int64_t>(1) : std::nullopt;
    SampleBuffer known, unknown;
    ++line_;
    const auto decision = known_.Select(record, rank, line_, known);
    const auto expected = unknown_.Select(same, rank, line_, unknown);
    EXPECT_EQ(decision.ignored, expected.ignored) << "line " << line_;
    EXPECT_EQ(decision.why, expected.why) << "line " << line_;
    Compare(known, unknown);
  }

  void Compare(const SampleBuffer& known, const SampleBuffer& unknown) {
    ASSERT_EQ(known.size(), unknown.size()) << "line " << line_;
    for (std::size_t i = 0; i < known.size(); ++i) {
      const core::Sample &one = known.view()[i], &other = unknown.view()[i];
      EXPECT_EQ(known.lines()[i], unknown.lines()[i]);
      EXPECT_EQ(std::tie(one.loss, one.value, one.step, one.epoch, one.learning_rate, one.gradient_norm),
                std::tie(other.loss, other.value, other.step, other.epoch, other.learning_rate, other.gradient_norm))
          << "line " << line_;
      ++taken_;
    }
  }

  std::mt19937_64 random_;
  SeriesSelector known_, unknown_;
  std::uint64_t line_ = 0, of_most_lines_;
  std::int64_t step_ = 0;
  double value_ = 0;
  std::size_t taken_ = 0;
};

TEST(SeriesSelector, TheShortWayGivesWhatTheLongOneDoes) {
  for (std::uint64_t seed = 0; seed < 200 && !testing::Test::HasFailure(); ++seed) {
    SideBySide log(seed);
    log.Run(1000);
    EXPECT_GE(log.taken(), 50U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace lossd::records
