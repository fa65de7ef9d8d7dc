#include "state/state_saver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace lossd::state {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// A process of its own for every Start: its jobs, its keeper, the same directory.
class StateKeeperTest : public ::testing::Test {
 protected:
  StateKeeperTest() {
    std::string pattern = ::testing::TempDir() + "keeper.XXXXXX";
    root = ::mkdtemp(pattern.data());
    directory = root / "state";
  }
  ~StateKeeperTest() override {
    keeper.reset();
    std::filesystem::remove_all(root);
  }

  std::vector<sources::FilePosition> Start(const core::TrackerOptions& options = {}) {
    keeper = std::make_unique<StateSaver>(directory, seconds(30), io, log);
    jobs = std::make_unique<core::JobTable>(options, core::JobLimits{});
    return keeper->Restore(*jobs, now);
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
    keeper->Tick(*jobs, now);
    while (keeper->saving()) io.run_one();
  }
  static sources::FilePosition At(std::uint64_t inode, std::uint64_t offset) {
    sources::FilePosition position;
    position.path = "/runs/" + std::to_string(inode);
    position.identity = {1, inode};
    position.offset = offset;
    return position;
  }

  std::filesystem::path root, directory;
  std::ostringstream logged;
  logging::Log log{logging::LogLevel::kInfo, logging::LogFormat::kLogfmt, logged};
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> open = boost::asio::make_work_guard(io);
  core::Instant now{seconds(100), core::Timestamp(seconds(1'700'000'000))};
  std::unique_ptr<core::JobTable> jobs;
  std::unique_ptr<StateSaver> keeper;
};

TEST_F(StateKeeperTest, BeginsWithNothing) {
  EXPECT_THAT(Start(), SizeIs(0));
  EXPECT_EQ(logged.str(), "");
}

TEST_F(StateKeeperTest, SavesWhenTheIntervalHasPassed) {
  Start();
  TakeSample();
  keeper->Note(1, At(7, 100));
  Pass(seconds(29));
  EXPECT_EQ(keeper->saves(), 0u);
  Pass(seconds(1));
  EXPECT_EQ(keeper->saves(), 1u);
  EXPECT_THAT(Start(), UnorderedElementsAre(At(7, 100)));
  EXPECT_NE(jobs->Find("llama"), nullptr);
}

TEST_F(StateKeeperTest, SavesAtTheEnd) {
  Start();
  TakeSample();
  keeper->Note(1, At(7, 100));
  keeper->Note(1, At(7, 200));
  keeper->Note(2, At(8, 1));
  keeper->Forget(2);
  keeper->SaveNow(*jobs, now);
  EXPECT_THAT(Start(), UnorderedElementsAre(At(7, 200)));
}

TEST_F(StateKeeperTest, KeepsThePlaceOfAFileThatIsAwayForAWhile) {
  Start();
  keeper->Note(1, At(7, 100));
  keeper->Note(2, At(8, 100));
  keeper->SaveNow(*jobs, now);
  Start();
  keeper->Note(1, At(8, 150));
  Pass(seconds(30));
  EXPECT_THAT(Start(), UnorderedElementsAre(At(7, 100), At(8, 150)));
  Pass(hours(2));
  EXPECT_THAT(Start(), SizeIs(0));
}

TEST_F(StateKeeperTest, SetsADamagedStateAside) {
  Start();
  TakeSample();
  keeper->SaveNow(*jobs, now);
  std::ofstream(directory / "state", std::ios::app) << "x";
  EXPECT_THAT(Start(), SizeIs(0));
  EXPECT_EQ(jobs->Find("llama"), nullptr);
  EXPECT_THAT(logged.str(), HasSubstr("level=warn msg=\"state not used\" outcome="));
  EXPECT_FALSE(std::filesystem::exists(directory / "state"));
}

TEST_F(StateKeeperTest, StartsAnewWhereTheTrackersHaveOtherSettings) {
  Start();
  TakeSample();
  keeper->Note(1, At(7, 100));
  keeper->SaveNow(*jobs, now);
  core::TrackerOptions other;
  other.windows = {5};
  EXPECT_THAT(Start(other), SizeIs(0));
  EXPECT_THAT(logged.str(), HasSubstr("it does not fit the tracker's settings"));
}

TEST_F(StateKeeperTest, SaysOnceThatItCannotSave) {
  std::ofstream(directory.string()) << "a file where the directory should be";
  Start();
  Pass(seconds(30));
  Pass(seconds(30));
  EXPECT_EQ(keeper->failures(), 2u);
  const std::string text = logged.str();
  const std::size_t first = text.find("cannot save the state");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("cannot save the state", first + 1), std::string::npos);
}

}  // namespace
}  // namespace lossd::state
