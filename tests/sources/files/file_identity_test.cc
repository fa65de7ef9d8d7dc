// What makes a file the one that we know, or another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

#include "support/tailer_fixture.h"

namespace lossd::sources {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = TailerNotice::Kind;
using Operation = test::MemoryFileSystem::Operation;

class FileIdentityTest : public test::TailerFixture {
 protected:
  static std::string Gzip(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string compressed(deflateBound(&stream, text.size()) + 64, '\0');
    std::string input = text;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
    stream.avail_out = static_cast<uInt>(compressed.size());
    deflate(&stream, Z_FINISH);
    compressed.resize(stream.total_out);
    deflateEnd(&stream);
    return compressed;
  }
  void Compress(const std::string& path) {
    files_.Create(path + ".gz", Gzip(files_.Contents(path)));
    files_.Remove(path);
  }
};

TEST_F(FileIdentityTest, ReadsAHardLinkOnce) {
  files_.Append("/logs/a.log", Lines(1, 3));
  files_.Link("/logs/a.log", "/logs/b.log");
  Follow("/logs/*.log");
  Tick();
  files_.Append("/logs/b.log", Lines(4, 5));
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("a"));
  EXPECT_EQ(Steps("a"), Range(1, 5));
}

TEST_F(FileIdentityTest, KeepsEqualFilesApart) {
  files_.Append("/logs/a.log", Lines(1, 100));
  files_.Append("/logs/b.log", Lines(1, 100));
  Follow("/logs/*.log");
  Tick();
  EXPECT_EQ(Steps("a"), Range(1, 100));
  EXPECT_EQ(Steps("b"), Range(1, 100));
}

TEST_F(FileIdentityTest, SeesAFileThatHasGrownPastItsOldOffsetAgain) {
  files_.Append("/logs/a.log", Lines(1, 5));
  Follow("/logs/a.log");
  Tick();
  files_.Truncate("/logs/a.log");
  files_.Append("/logs/a.log", Lines(101, 150));
  Tick();
  std::vector<int> expected = Range(1, 5);
  for (const int step : Range(101, 150)) expected.push_back(step);
  EXPECT_EQ(Steps(), expected);
  EXPECT_EQ(tailer_->stats().truncations, 1u);
  EXPECT_EQ(Count(Kind::kTruncated), 1);
}

TEST_F(FileIdentityTest, SeesItBehindAnEqualHead) {
  const std::string banner(2000, '=');
  files_.Append("/logs/a.log", banner + "\n" + Lines(1, 5));
  Follow("/logs/a.log");
  Tick();
  files_.Truncate("/logs/a.log");
  files_.Append("/logs/a.log", banner + "\n" + Lines(101, 150));
  Tick();
  EXPECT_EQ(Steps().size(), 55u);
}

TEST_F(FileIdentityTest, SeesThatAnInodeIsAnotherFileNow) {
  files_.Append("/logs/a.log", Lines(1, 5));
  Follow("/logs/a.log");
  Tick();
  Tick(minutes(2));  // no descriptor keeps the number from being given again
  EXPECT_EQ(files_.open_files(), 0);
  files_.Remove("/logs/a.log");
  files_.Append("/logs/a.log", Lines(201, 260));
  Tick();
  std::vector<int> expected = Range(1, 5);
  for (const int step : Range(201, 260)) expected.push_back(step);
  EXPECT_EQ(Steps(), expected);
}

TEST_F(FileIdentityTest, PassesOverTheHoleOfATruncatedFile) {
  const auto writer = files_.Create("/logs/a.log", Lines(1, 500));
  Follow("/logs/a.log");
  Tick();
  const std::size_t hole = writer->bytes.size();
  files_.Truncate("/logs/a.log");
  Tick();
  files_.Append(writer, std::string(hole, '\0') + Lines(501, 502));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 502));
}

TEST_F(FileIdentityTest, GoesOnInACopyThatTakesTheFilesPlace) {
  files_.Append("/logs/a.log", Lines(1, 500));
  Follow("/logs/a.log");
  Tick();
  files_.Copy("/logs/a.log", "/logs/.a.log.rsync");
  files_.Append("/logs/.a.log.rsync", Lines(501, 600));
  files_.Rename("/logs/.a.log.rsync", "/logs/a.log");
  Tick();
  EXPECT_EQ(Steps(), Range(1, 600));
  EXPECT_EQ(tailer_->stats().rotations, 0u);
}

TEST_F(FileIdentityTest, SurvivesALostPermission) {
  const auto writer = files_.Create("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick();
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  files_.Append(writer, Lines(4, 5));
  files_.Append("/logs/a.log", Lines(6, 7));
  files_.Fail(Operation::kOpen, "/logs/a.log", std::errc::permission_denied);
  for (int i = 0; i < 3; ++i) Tick();
  EXPECT_EQ(Steps(), Range(1, 5));
  EXPECT_EQ(Errors("EACCES"), 3u);
  files_.Heal();
  Tick();
  EXPECT_EQ(Steps(), Range(1, 7));
}

TEST_F(FileIdentityTest, RetriesAfterEveryFault) {
  for (const std::errc fault : {std::errc::io_error, std::errc::too_many_files_open, std::errc::permission_denied,
                                static_cast<std::errc>(ESTALE), std::errc::timed_out}) {
    for (const Operation operation : {Operation::kStatus, Operation::kOpen, Operation::kRead, Operation::kList}) {
      const int next = static_cast<int>(Steps().size()) + 1;
      files_.Append("/logs/a.log", Lines(next, next + 4));
      if (next == 1) Follow("/logs/*.log");
      files_.FailNext(operation, fault, 3);
      for (int i = 0; i < 5; ++i) Tick();
      EXPECT_EQ(Steps(), Range(1, next + 4));
      files_.Heal();
    }
  }
  for (const char* reason : {"EIO", "EMFILE", "EACCES", "ESTALE", "ETIMEDOUT"}) EXPECT_GT(Errors(reason), 0u) << reason;
}

TEST_F(FileIdentityTest, BacksOffFromAFileThatFails) {
  files_.Append("/logs/a.log", Lines(1, 3));
  files_.Fail(Operation::kRead, "/logs/a.log", std::errc::io_error);
  Follow("/logs/a.log");
  for (const auto end = now_.steady + minutes(10); now_.steady < end;)
    Tick(std::max(next_poll_, std::chrono::nanoseconds(milliseconds(1))));
  EXPECT_LE(Errors("EIO"), 10 * 60 / 5 + 10u);
  EXPECT_EQ(Count(Kind::kError), 1);
}

TEST_F(FileIdentityTest, ReadsTheSameInShortReads) {
  files_.LimitReads(7);
  files_.Append("/logs/a.log", Lines(1, 200));
  Follow("/logs/a.log");
  Tick();
  files_.Append("/logs/a.log", Lines(201, 300));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 300));
  EXPECT_EQ(tailer_->stats().truncations, 0u);
}

TEST_F(FileIdentityTest, KeepsNoDescriptorOfASilentFile) {
  for (int i = 0; i < 50; ++i) files_.Append("/logs/job" + std::to_string(i) + "x.log", Lines(1, 1));
  Follow("/logs/*.log");
  Tick();
  EXPECT_EQ(files_.open_files(), 50);
  Tick(options_.close_after);
  EXPECT_EQ(files_.open_files(), 0);
  files_.Append("/logs/job7x.log", Lines(2, 2));
  Tick();
  EXPECT_EQ(Steps("job7x"), Range(1, 2));
}

TEST_F(FileIdentityTest, FindsWhatCameBetweenAFileAndItsNumbersNextOwner) {
  files_.Create("/logs/a.log");
  Follow("/logs/a.log");
  Tick();
  tailer_.reset();  // its descriptor with it: the number is free
  files_.Remove("/logs/a.log");
  files_.Create("/logs/other");
  files_.Append("/logs/a.log", Lines(1, 3));
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  files_.Remove("/logs/other");
  files_.Append("/logs/a.log", Lines(4, 6));
  Restart();
  Tick();
  EXPECT_EQ(Steps(), Range(1, 6));
}

TEST_F(FileIdentityTest, KeepsNoMoreDescriptorsThanAllowed) {
  options_.max_open_files = 10;
  for (int i = 0; i < 50; ++i) files_.Append("/logs/job" + std::to_string(i) + "x.log", Lines(1, 1));
  Follow("/logs/*.log");
  Tick();
  EXPECT_LE(files_.open_files(), 10);
  EXPECT_EQ(Jobs().size(), 50u);
}

TEST_F(FileIdentityTest, ClosesARotatedFileOnceItIsSilent) {
  const auto writer = files_.Create("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick();
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  files_.Append("/logs/a.log", Lines(5, 5));
  Tick();
  files_.Append(writer, "step 4: loss 0.04, lr 0.");  // its writer has died here
  Tick();
  EXPECT_EQ(files_.open_files(), 2);
  Tick(options_.rotated_silence);
  Tick();
  EXPECT_EQ(Steps(), (std::vector<int>{1, 2, 3, 5, 4}));
  EXPECT_LE(files_.open_files(), 1);
}

TEST_F(FileIdentityTest, FollowsANamedFileBeforeWhatAPatternFinds) {
  for (const char* path : {"/logs/a.log", "/logs/b.log", "/logs/c.log", "/named/z.log"})
    files_.Append(path, Lines(1, 1));
  options_.max_files = 2;
  sources::SourceOptions pattern, named;
  pattern.path = "/logs/*.log";
  named.path = "/named/z.log";
  Follow({pattern, named});
  Tick();
  Tick();
  EXPECT_EQ(Jobs(), (std::vector<std::string>{"a", "z"}));
  std::vector<std::string> told;
  for (const auto& notice : notices_) {
    if (notice.kind == sources::TailerNotice::Kind::kError) told.push_back(notice.path + " " + notice.detail);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"/logs/b.log one of 2 beyond follow.max_files"}));
}

TEST_F(FileIdentityTest, ClosesARotatedFileAlsoWhereItsLogGrowsOn) {
  files_.Append("/logs/a.log", Lines(1, 1));
  Follow("/logs/a.log");
  Tick();
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  for (int step = 2; step < 12; ++step) {
    files_.Append("/logs/a.log", Lines(step, step));
    Tick(options_.rotated_silence / 5);
  }
  EXPECT_LE(files_.open_files(), 1);
  EXPECT_EQ(Steps(), Range(1, 11));
}

TEST_F(FileIdentityTest, KeepsFewRotatedFilesOpenHoweverFastTheyAreRotated) {
  const auto name = [](int number) { return "/logs/a.log." + std::to_string(number); };
  files_.Append("/logs/a.log", Lines(1, 1));
  Follow("/logs/a.log");
  Tick();
  for (int step = 2; step <= 40; ++step) {
    for (int number = step; number > 1; --number) {
      if (number > 2) files_.Rename(name(number - 2), name(number - 1));
    }
    files_.Rename("/logs/a.log", name(1));
    files_.Append("/logs/a.log", Lines(step, step));
    Tick(std::chrono::seconds(1));
    EXPECT_LE(files_.open_files(), 10);
  }
  EXPECT_EQ(Steps(), Range(1, 40));
}

TEST_F(FileIdentityTest, FindsTheTailOfARotatedFileThatItHadClosed) {
  files_.Append("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick(minutes(2));
  Tick(minutes(2));
  EXPECT_EQ(files_.open_files(), 0);
  files_.Append("/logs/a.log", Lines(4, 5));
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  files_.Append("/logs/a.log", Lines(6, 7));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 7));
}

TEST_F(FileIdentityTest, ReadsTheUnreadTailOfACompressedFileOnce) {
  files_.Append("/logs/a.log", Lines(1, 300));
  Follow("/logs/a.log");
  Tick();
  tailer_.reset();
  files_.Append("/logs/a.log", Lines(301, 400));
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  Compress("/logs/a.log.1");
  files_.Append("/logs/a.log", Lines(401, 402));
  Restart();
  Tick();
  EXPECT_EQ(Steps(), Range(1, 402));
  Tick(minutes(10));
  Tick();
  Restart();
  Tick();
  EXPECT_EQ(Steps(), Range(1, 402));
}

TEST_F(FileIdentityTest, ReadsNoCompressedFileThatHoldsNothingNew) {
  files_.Append("/logs/a.log", Lines(1, 300));
  files_.Create("/logs/a.log.2.gz", Gzip(Lines(901, 950)));
  Follow("/logs/a.log");
  Tick();
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  Compress("/logs/a.log.1");
  files_.Append("/logs/a.log", Lines(301, 302));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 302));
}

TEST_F(FileIdentityTest, FollowsRotatedFilesOfAGlobAsOneJobWithoutReadingTwice) {
  files_.Append("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log*");
  Tick();
  files_.Rename("/logs/a.log", "/logs/a.log.1");
  files_.Append("/logs/a.log", Lines(4, 6));
  for (int i = 0; i < 5; ++i) Tick(minutes(3));
  EXPECT_EQ(Steps(), Range(1, 6));
  files_.Copy("/logs/a.log", "/logs/a.log.2");
  files_.Truncate("/logs/a.log");
  for (int i = 0; i < 5; ++i) Tick(minutes(3));
  files_.Append("/logs/a.log", Lines(7, 8));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 8));
  EXPECT_THAT(Jobs(), ElementsAre("a"));
}

TEST_F(FileIdentityTest, SurvivesAThousandRotationsAMinute) {
  files_.Append("/logs/a.log", "");
  Follow("/logs/a.log");
  Tick();
  int step = 0;
  for (int rotation = 0; rotation < 1000; ++rotation) {
    files_.Append("/logs/a.log", Lines(step + 1, step + 3));
    step += 3;
    for (int old = 4; old >= 1; --old) {
      const std::string from = "/logs/a.log." + std::to_string(old);
      if (files_.Exists(from)) files_.Rename(from, "/logs/a.log." + std::to_string(old + 1));
    }
    files_.Rename("/logs/a.log", "/logs/a.log.1");
    files_.Create("/logs/a.log");
    if (rotation % 3 != 0) Tick(milliseconds(60));  // a third of the files comes and goes unseen
  }
  Tick();
  EXPECT_EQ(Steps(), Range(1, step));
  Tick(minutes(10));
  Tick();
  EXPECT_LE(files_.open_files(), 1);
}

TEST_F(FileIdentityTest, DoesNotReadAFileOverAndOver) {
  for (int line = 0; line < 1200; ++line) files_.Append("/logs/a.log", std::string(1000, '=') + "\n");
  Follow("/logs/a.log");
  Tick();
  const std::uint64_t once = tailer_->stats().bytes;
  // Its first byte changes at every look, as by a file system that gives different contents to different readers.
  for (int i = 0; i < 600; ++i) {
    std::string text = files_.Contents("/logs/a.log");
    text[0] = static_cast<char>('a' + i % 20);
    files_.Overwrite("/logs/a.log", text);
    Tick(seconds(1));
  }
  EXPECT_LE(tailer_->stats().bytes, once * 22);
  EXPECT_GT(Errors("reread"), 0u);
}

TEST_F(FileIdentityTest, GoesOnAfterARestartWithoutLossOrRepetition) {
  files_.Append("/logs/a.log", Lines(1, 3) + "step 4: loss");
  Follow("/logs/*.log");
  Tick();
  tailer_.reset();
  files_.Append("/logs/a.log", " 0.04\n" + Lines(5, 6));
  Restart();
  EXPECT_EQ(Steps(), Range(1, 6));
  EXPECT_TRUE(batches_.back().catching_up);
  Restart();
  Tick();
  Restart();
  Tick();
  EXPECT_EQ(Steps(), Range(1, 6));
}

TEST_F(FileIdentityTest, ReadsACsvFileOnAfterARestartAndATruncation) {
  files_.Append("/logs/a.csv", "step,loss\n1,2.5\n2,2.4\n");
  Follow("/logs/a.csv");
  Tick();
  Restart();
  files_.Append("/logs/a.csv", "3,2.3\n");
  Tick();
  EXPECT_EQ(Steps(), Range(1, 3));
  files_.Truncate("/logs/a.csv");
  files_.Append("/logs/a.csv", "4,2.2\n");
  Tick();
  Restart();
  files_.Append("/logs/a.csv", "5,2.1\n");
  Tick();
  EXPECT_EQ(Steps(), Range(1, 5));
}

/// A header, and rows of steps from 1 to 5 with their loss.
struct Table {
  std::string header;
  std::vector<std::string> rows;
};

const std::vector<Table> kTables = {
    {"step\tloss\n", {"1\t2.5\n", "2\t2.4\n", "3\t2.3\n", "4\t2.2\n", "5\t2.1\n"}},
    {"| step | loss |\n|------|------|\n",
     {"| 1 | 2.5 |\n", "| 2 | 2.4 |\n", "| 3 | 2.3 |\n", "| 4 | 2.2 |\n", "| 5 | 2.1 |\n"}},
    {"step    loss    lr\n",
     {"1    2.5    0.1\n", "2    2.4    0.1\n", "3    2.3    0.1\n", "4    2.2    0.1\n", "5    2.1    0.1\n"}},
    {"step loss lr\n", {"1 2.5 0.1\n", "2 2.4 0.1\n", "3 2.3 0.1\n", "4 2.2 0.1\n", "5 2.1 0.1\n"}},
    {"| Iteration | Time | Mini-batch |\n|  | (hh:mm:ss) | Loss |\n",
     {"| 1 | 00:00:01 | 2.5 |\n", "| 2 | 00:00:02 | 2.4 |\n", "| 3 | 00:00:03 | 2.3 |\n", "| 4 | 00:00:04 | 2.2 |\n",
      "| 5 | 00:00:05 | 2.1 |\n"}},
};

TEST_F(FileIdentityTest, ReadsATableOnAfterATruncationWhereverItsHeaderStood) {
  const std::string preamble = std::string(3000, '#') + "\n" + std::string(3000, '#') + "\n";
  for (const auto& [header, rows] : kTables) {
    for (const std::string& before : {std::string(), preamble}) {
      SCOPED_TRACE(header + std::to_string(before.size()));
      Follow("/logs/a.log");
      files_.Append("/logs/a.log", before + header + rows[0] + rows[1]);
      Tick();
      files_.Append("/logs/a.log", rows[2]);
      Tick();
      files_.Truncate("/logs/a.log");
      files_.Append("/logs/a.log", rows[3]);
      Tick();
      Restart();
      files_.Append("/logs/a.log", rows[4]);
      Tick();
      EXPECT_EQ(Steps(), Range(1, 5));
      files_.Remove("/logs/a.log");
      saved_.clear();
      steps_.clear();
    }
  }
}

TEST_F(FileIdentityTest, KeepsTheJobsNameAfterARestart) {
  files_.Append("/x/train.log", Lines(1, 1));
  Follow("/**/train.log");
  Tick();
  files_.Append("/y/x/train.log", Lines(1, 1));
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("x", "x-train"));
  Restart();
  files_.Append("/y/x/train.log", Lines(2, 2));
  Tick();
  EXPECT_EQ(Steps("x-train"), Range(1, 2));
}

}  // namespace
}  // namespace lossd::sources
