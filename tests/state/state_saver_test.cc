#include "state/state_saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>

namespace lossd::state {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// A process of its own for every Start: its jobs, its saver, the same directory.
class StateSaverTest : public ::testing::Test {
 protected:
  StateSaverTest() {
    std::string pattern = ::testing::TempDir() + "saver.XXXXXX";
    root = ::mkdtemp(pattern.data());
    directory = root / "state";
  }
  ~StateSaverTest() override {
    saver.reset();
    std::filesystem::remove_all(root);
  }

  std::vector<core::Cursor> Start(const core::TrackerOptions& options = {}) {
    saver = std::make_unique<StateSaver>(directory, seconds(30), io, log);
    jobs = std::make_unique<core::JobTable>(options, core::JobLimits{});
    return saver->Restore(*jobs, now);
  }
  void TakeSample() {
    core::Sample sample;
    sample.value = 2.5;
    jobs->Add("llama", {}, sample, now);
  }
  /// Lets time pass, a tick, and a save that begins with it.
  void Pass(std::chrono::nanoseconds time) {
    now.steady += time;
    now.wall += time;
    saver->Tick(*jobs, now);
    while (saver->saving()) io.run_one();
  }
  void Note(const std::string& key, const std::string& value) { saver->SaveCursor("files", key, value); }
  static core::Cursor At(const std::string& key, const std::string& value) { return {"files", key, value}; }

  std::filesystem::path root, directory;
  std::ostringstream logged;
  logging::Log log{logging::LogLevel::kInfo, logging::LogFormat::kLogfmt, logged};
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open = boost::asio::make_work_guard(io);
  core::Instant now{seconds(100), core::Timestamp(seconds(1'700'000'000))};
  std::unique_ptr<core::JobTable> jobs;
  std::unique_ptr<StateSaver> saver;
};

TEST_F(StateSaverTest, BeginsWithNothing) {
  EXPECT_THAT(Start(), SizeIs(0));
  EXPECT_EQ(logged.str(), "");
}

TEST_F(StateSaverTest, SavesWhenTheIntervalHasPassed) {
  Start();
  TakeSample();
  Note("7", "100");
  Pass(seconds(29));
  EXPECT_EQ(saver->saves(), 0u);
  Pass(seconds(1));
  EXPECT_EQ(saver->saves(), 1u);
  EXPECT_THAT(Start(), UnorderedElementsAre(At("7", "100")));
  EXPECT_NE(jobs->Find("llama"), nullptr);
}

TEST_F(StateSaverTest, SavesAtTheEnd) {
  Start();
  TakeSample();
  Note("7", "100");
  Note("7", "200");
  Note("8", "1");
  saver->SaveCursor("topic", "7", "5");
  saver->ForgetCursor("files", "8");
  saver->SaveNow(*jobs, now);
  EXPECT_THAT(Start(), UnorderedElementsAre(At("7", "200"), core::Cursor{"topic", "7", "5"}));
}

TEST_F(StateSaverTest, KeepsTheCursorOfWhatIsAwayForAWhile) {
  Start();
  Note("7", "100");
  Note("8", "100");
  saver->SaveNow(*jobs, now);
  Start();
  Note("8", "150");
  Pass(seconds(30));
  EXPECT_THAT(Start(), UnorderedElementsAre(At("7", "100"), At("8", "150")));
  Pass(hours(2));
  EXPECT_THAT(Start(), SizeIs(0));
}

TEST_F(StateSaverTest, SetsADamagedStateAside) {
  Start();
  TakeSample();
  saver->SaveNow(*jobs, now);
  std::ofstream(directory / "state", std::ios::app) << "x";
  EXPECT_THAT(Start(), SizeIs(0));
  EXPECT_EQ(jobs->Find("llama"), nullptr);
  EXPECT_THAT(logged.str(), HasSubstr("level=warn msg=\"state not used\" outcome="));
  EXPECT_FALSE(std::filesystem::exists(directory / "state"));
}

TEST_F(StateSaverTest, StartsAnewWhereTheTrackersHaveOtherSettings) {
  Start();
  TakeSample();
  Note("7", "100");
  saver->SaveNow(*jobs, now);
  core::TrackerOptions other;
  other.windows = {5};
  EXPECT_THAT(Start(other), SizeIs(0));
  EXPECT_THAT(logged.str(), HasSubstr("it does not fit the tracker's settings"));
}

TEST_F(StateSaverTest, KeepsAllButTheSeriesThatTheRulesTurnRound) {
  Start();
  TakeSample();
  core::Sample accuracy;
  accuracy.loss = "accuracy";
  accuracy.value = 0.5;
  jobs->Add("llama", {}, accuracy, now);
  Note("7", "100");
  saver->SaveNow(*jobs, now);
  saver.reset();
  const auto rule = [](std::string_view, std::string_view loss) {
    core::SeriesMeaning meaning;
    if (loss == "accuracy") meaning.classifier.direction = core::Direction::kHigherIsBetter;
    return meaning;
  };
  saver = std::make_unique<StateSaver>(directory, seconds(30), io, log);
  jobs = std::make_unique<core::JobTable>(core::TrackerOptions{}, core::JobLimits{}, rule);
  EXPECT_THAT(saver->Restore(*jobs, now), UnorderedElementsAre(At("7", "100")));
  EXPECT_EQ(saver->load_outcome(), StateOutcome::kLoaded);
  EXPECT_THAT(jobs->Find("llama")->series, SizeIs(1));
  EXPECT_THAT(logged.str(), HasSubstr("series=1 training_job=llama loss=accuracy"));
  // It is saved with the new direction, and nothing is left to tell.
  saver->SaveNow(*jobs, now);
  logged.str("");
  jobs = std::make_unique<core::JobTable>(core::TrackerOptions{}, core::JobLimits{}, rule);
  saver = std::make_unique<StateSaver>(directory, seconds(30), io, log);
  saver->Restore(*jobs, now);
  EXPECT_THAT(logged.str(), Not(HasSubstr("begin anew")));
}

TEST_F(StateSaverTest, EncodesALargeTableInTurns) {
  Start();
  constexpr int kJobs = 2000;
  core::Sample sample;
  sample.value = 2.5;
  for (int i = 0; i < kJobs; ++i) jobs->Add("job-" + std::to_string(i), {}, sample, now);
  Note("7", "100");
  now.steady += seconds(30);
  saver->Tick(*jobs, now);
  // Others have their turn in between, and what they bring is of the next save, with its position.
  int turns = 0;
  std::function<void()> other = [&] {
    if (!saver->saving()) return;
    ++turns;
    Note("7", std::to_string(100 + turns));
    jobs->Add("job-" + std::to_string(kJobs - turns % kJobs), {}, sample, now);
    boost::asio::post(io, other);
  };
  boost::asio::post(io, other);
  while (saver->saving()) io.run_one();
  EXPECT_GT(turns, 3);
  EXPECT_THAT(Start(), UnorderedElementsAre(At("7", "100")));
  EXPECT_THAT(jobs->jobs(), SizeIs(kJobs));
  for (const auto& [name, job] : jobs->jobs()) ASSERT_EQ(job.series.at("train").samples(), 1U) << name;
}

TEST_F(StateSaverTest, SaysOnceThatItCannotSave) {
  std::ofstream(directory.string()) << "a file where the directory should be";
  Start();
  Pass(seconds(30));
  Pass(seconds(30));
  EXPECT_EQ(saver->failures(), 2u);
  const std::string text = logged.str();
  const std::size_t first = text.find("cannot save the state");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("cannot save the state", first + 1), std::string::npos);
}

}  // namespace
}  // namespace lossd::state
