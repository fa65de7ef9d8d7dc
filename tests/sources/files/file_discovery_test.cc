#include "sources/files/file_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/memory_file_system.h"

namespace lossd::sources {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using test::MemoryFileSystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Operation = MemoryFileSystem::Operation;

class FileDiscoveryTest : public ::testing::Test {
 protected:
  void LookFor(const std::string& pattern) { discovery_.emplace(pattern, std::vector<std::string>{}); }
  /// The paths that are found once `time` has gone by.
  std::vector<std::string> After(nanoseconds time) {
    now_ += time;
    files_.Tick(time.count());
    found_ = discovery_->Look(files_, now_);
    return found_.paths;
  }
  /// Lets listings grow old enough to be believed.
  void Settle() {
    After(seconds(0));
    After(DirectoryCache::kCoarsest);
  }
  /// Directories listed by a walk after `time`.
  std::uint64_t ListedAfter(nanoseconds time) {
    const std::uint64_t before = files_.list_calls();
    After(time);
    return files_.list_calls() - before;
  }

  MemoryFileSystem files_;
  std::optional<FileDiscovery> discovery_;
  nanoseconds now_{0};
  Discovered found_;
};

TEST_F(FileDiscoveryTest, ListsUnchangedDirectoriesNoMore) {
  for (const char* path : {"/r/a/1.log", "/r/b/2.log", "/r/c/3.log"}) files_.Create(path);
  LookFor("/r/**/*.log");
  Settle();
  EXPECT_EQ(ListedAfter(seconds(5)), 0u);
  EXPECT_THAT(found_.paths, ElementsAre("/r/a/1.log", "/r/b/2.log", "/r/c/3.log"));
  EXPECT_THAT(found_.directories, ElementsAre("/r", "/r/a", "/r/b", "/r/c"));
}

TEST_F(FileDiscoveryTest, ListsAgainTheDirectoryThatHasChanged) {
  for (const char* path : {"/r/a/1.log", "/r/b/2.log", "/r/c/3.log"}) files_.Create(path);
  LookFor("/r/**/*.log");
  Settle();
  files_.Create("/r/b/4.log");
  files_.Remove("/r/c/3.log");
  EXPECT_EQ(ListedAfter(seconds(5)), 2u);  // "/r" lost c, and b changed
  EXPECT_THAT(found_.paths, ElementsAre("/r/a/1.log", "/r/b/2.log", "/r/b/4.log"));
}

TEST_F(FileDiscoveryTest, FindsANewTreeAtOnce) {
  files_.Create("/r/a/1.log");
  LookFor("/r/**/*.log");
  Settle();
  files_.Create("/r/x/y/z/1.log");
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/a/1.log", "/r/x/y/z/1.log"));
}

TEST_F(FileDiscoveryTest, FindsAFileThatCameWithinTheStepOfACoarseClock) {
  files_.RoundDirectoryTimes(nanoseconds(seconds(2)).count());
  files_.SetTime(nanoseconds(seconds(1'000'000)).count());
  files_.Create("/r/1.log");
  LookFor("/r/*.log");
  After(seconds(0));
  files_.Create("/r/2.log");  // the directory's time stays
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/1.log", "/r/2.log"));
}

TEST_F(FileDiscoveryTest, FindsEveryFileWhateverTheMomentsOfLookingAndWriting) {
  files_.RoundDirectoryTimes(nanoseconds(seconds(2)).count());
  LookFor("/r/*.log");
  std::size_t written = 0;
  for (int step = 0; step < 500; ++step) {
    if (step * 7919 % 13 < 3) files_.Create("/r/" + std::to_string(++written) + ".log");
    ASSERT_EQ(After(std::chrono::milliseconds(step * 104729 % 4000)).size(), written) << step;
  }
}

TEST_F(FileDiscoveryTest, ListsAllTheSameNowAndThen) {
  files_.Create("/r/1.log");
  files_.RoundDirectoryTimes(0);
  LookFor("/r/*.log");
  Settle();
  files_.Create("/r/2.log");
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/1.log"));
  EXPECT_THAT(After(minutes(2)), ElementsAre("/r/1.log", "/r/2.log"));
}

TEST_F(FileDiscoveryTest, BelievesNoTimesOfAFileSystemThatKeepsNone) {
  files_.Create("/r/1.log");
  files_.RoundDirectoryTimes(0);
  LookFor("/r/*.log");
  Settle();
  files_.Create("/r/2.log");
  After(minutes(2));
  files_.Create("/r/3.log");
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/1.log", "/r/2.log", "/r/3.log"));
}

TEST_F(FileDiscoveryTest, AsksAgainWhatALinkLeadsTo) {
  files_.Create("/elsewhere/file");
  files_.Create("/elsewhere/directory/1.log");
  files_.Symlink("/elsewhere/file", "/r/x.log");
  LookFor("/r/**/*.log");
  Settle();
  EXPECT_THAT(found_.paths, ElementsAre("/r/x.log"));
  files_.Remove("/elsewhere/file");
  files_.Create("/elsewhere/file/2.log");
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/x.log/2.log"));
}

TEST_F(FileDiscoveryTest, ReportsADirectoryThatCannotBeListedEachTime) {
  files_.Create("/r/a/1.log");
  files_.Fail(Operation::kList, "/r/a", std::errc::permission_denied);
  LookFor("/r/*/*.log");
  for (int walk = 0; walk < 3; ++walk) {
    EXPECT_THAT(After(seconds(5)), IsEmpty());
    ASSERT_EQ(found_.errors.size(), 1u);
    EXPECT_EQ(found_.errors[0].path, "/r/a");
  }
  files_.Heal();
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/a/1.log"));
  EXPECT_THAT(found_.errors, IsEmpty());
}

TEST_F(FileDiscoveryTest, EntersACircleOfLinksOnce) {
  files_.Create("/r/a/1.log");
  files_.Symlink("/r", "/r/a/again");
  LookFor("/r/**/*.log");
  Settle();
  EXPECT_THAT(found_.paths, ElementsAre("/r/a/1.log"));
}

TEST_F(FileDiscoveryTest, FindsFilesBelowDirectoriesAtAnyDepth) {
  files_.Create("/r/a/logs/x/1.log");
  files_.Create("/r/logs/y/2.log");
  files_.Create("/r/a/other/x/3.log");
  LookFor("/r/**/logs/*/*.log");
  Settle();
  EXPECT_THAT(After(seconds(5)), ElementsAre("/r/a/logs/x/1.log", "/r/logs/y/2.log"));
}

}  // namespace
}  // namespace lossd::sources
