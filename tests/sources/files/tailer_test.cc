#include "sources/files/tailer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tailer_fixture.h"

namespace lossd::sources {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = TailerNotice::Kind;
using Operation = test::MemoryFileSystem::Operation;

class TailerTest : public test::TailerFixture {};

TEST_F(TailerTest, ReadsWhatIsThereAndWhatIsAppended) {
  files_.Append("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick();
  EXPECT_EQ(Steps(), Range(1, 3));
  files_.Append("/logs/a.log", Lines(4, 5));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 5));
  EXPECT_EQ(tailer_->stats().lines_matched, 5u);
}

TEST_F(TailerTest, HoldsAPartialLineUntilItsEnd) {
  files_.Append("/logs/a.log", "step 1: loss 2.3");
  Follow("/logs/a.log");
  Tick();
  Tick(std::chrono::hours(1));
  EXPECT_THAT(Steps(), IsEmpty());
  files_.Append("/logs/a.log", "41\n");
  Tick();
  ASSERT_EQ(batches_.back().samples.size(), 1u);
  EXPECT_EQ(batches_.back().samples[0].value, 2.341);
}

TEST_F(TailerTest, UsesTheUnterminatedLastLineAtTheEndOnly) {
  files_.Append("/logs/a.log", Lines(1, 1) + "step 2: loss 0.02, lr 0.1");
  Follow("/logs/a.log");
  Drain(Tailer::LastLine::kHold);
  EXPECT_EQ(Steps(), Range(1, 1));
  Drain();
  EXPECT_EQ(Steps(), Range(1, 2));
  EXPECT_EQ(batches_.back().samples.back().learning_rate, std::nullopt) << "it may have been 0.15";
}

TEST_F(TailerTest, NeverTakesANumberThatMayHaveBeenCut) {
  files_.Append("/logs/a.log", Lines(1, 1) + "step 2: loss 0.60");
  Follow("/logs/a.log");
  Drain();
  EXPECT_EQ(Steps(), Range(1, 1));
  // Its writer lives on, against what we were told.
  files_.Append("/logs/a.log", "6\n" + Lines(3, 3));
  Tick();
  EXPECT_THAT(Steps(), ElementsAre(1, 3));
}

TEST_F(TailerTest, PassesOverTheRestOfALineThatWasUsed) {
  files_.Append("/logs/a.log", Lines(1, 1) + "step 2: loss 0.02, eval");
  Follow("/logs/a.log");
  Drain();
  files_.Append("/logs/a.log", " loss 0.5\n" + Lines(3, 3));
  Restart();
  EXPECT_EQ(Steps(), Range(1, 3));
}

TEST_F(TailerTest, TakesALastLineThatOnlyLacksItsLineFeedAsWhole) {
  files_.Append("/logs/a.log", Lines(1, 1) + "step 2: loss 0.02\r");
  Follow("/logs/a.log");
  Drain();
  EXPECT_EQ(Steps(), Range(1, 2));
}

TEST_F(TailerTest, MarksWhatWasThereAtStartAsHistory) {
  files_.Append("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick();
  EXPECT_TRUE(batches_.back().catching_up);
  files_.Append("/logs/a.log", Lines(4, 4));
  Tick();
  EXPECT_FALSE(batches_.back().catching_up);
}

TEST_F(TailerTest, TakesAFileThatAppearsLaterAsNews) {
  Follow("/logs/*.log");
  Tick();
  files_.Append("/logs/a.log", Lines(1, 3));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 3));
  EXPECT_FALSE(batches_.back().catching_up);
}

TEST_F(TailerTest, StartsAtTheEndOnRequest) {
  files_.Append("/logs/a.log", Lines(1, 3) + "step 4: lo");
  SourceOptions source;
  source.path = "/logs/*.log";
  source.from_end = true;
  Follow({source});
  Tick();
  files_.Append("/logs/a.log", "ss 0.04\n" + Lines(5, 6));
  files_.Append("/logs/b.log", Lines(1, 2));
  Tick();
  EXPECT_EQ(Steps("a"), Range(5, 6));
  EXPECT_EQ(Steps("b"), Range(1, 2));
}

TEST_F(TailerTest, StartsWithTheFirstNewLineBehindAWholeOne) {
  files_.Append("/logs/a.log", Lines(1, 3));
  SourceOptions source;
  source.path = "/logs/a.log";
  source.from_end = true;
  Follow({source});
  Tick();
  files_.Append("/logs/a.log", Lines(4, 5));
  Tick();
  EXPECT_EQ(Steps(), Range(4, 5));
}

TEST_F(TailerTest, LosesNothingWhenTheClockJumps) {
  SourceOptions source;
  source.path = "/logs/*.log";
  source.max_age = std::chrono::hours(24);
  Follow({source});
  const auto year = std::chrono::hours(24 * 365);
  int step = 0;
  for (const auto jump :
       {10 * year, -20 * year, 30 * year, -20 * year, std::chrono::hours(1), -std::chrono::hours(1)}) {
    now_.wall += jump;
    files_.SetTime(now_.wall.time_since_epoch().count());
    files_.Append("/logs/a.log", Lines(step + 1, step + 3));
    Tick();
    now_.wall -= 2 * jump;  // and the other way before the next look
    files_.SetTime(now_.wall.time_since_epoch().count());
    files_.Append("/logs/a.log", Lines(step + 4, step + 5));
    files_.Rename("/logs/a.log", "/logs/a.log." + std::to_string(100 - step));
    files_.Append("/logs/a.log", Lines(step + 6, step + 7));
    Tick();
    now_.wall += 2 * jump;
    Restart();
    step += 7;
    ASSERT_THAT(Steps(), ::testing::ElementsAreArray(Range(1, step)));
  }
}

TEST_F(TailerTest, KeepsThePositionOfAFileThatOnlyTheClockMakesOld) {
  files_.Append("/logs/a.log", Lines(1, 3));
  Follow("/logs/a.log");
  Tick();
  now_.wall += std::chrono::hours(24 * 365 * 10);
  Restart();
  Tick();
  files_.Append("/logs/a.log", Lines(4, 5));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 5));
}

TEST_F(TailerTest, LeavesOldFilesAlone) {
  files_.Append("/logs/old.log", Lines(1, 3));
  now_.wall += std::chrono::hours(48);
  files_.SetTime(now_.wall.time_since_epoch().count());
  files_.Append("/logs/new.log", Lines(1, 3));
  SourceOptions source;
  source.path = "/logs/*.log";
  source.max_age = std::chrono::hours(24);
  Follow({source});
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("new"));
  files_.Append("/logs/old.log", Lines(4, 4));
  Tick();
  EXPECT_EQ(Steps("old"), Range(1, 4));
}

TEST_F(TailerTest, WaitsForAMissingFileWithOneNotice) {
  Follow("/logs/a.log");
  for (int i = 0; i < 10; ++i) Tick();
  EXPECT_EQ(Count(Kind::kMissing), 1);
  EXPECT_EQ(Errors("ENOENT"), 10u);
  EXPECT_EQ(tailer_->files().at(0).error, "ENOENT");
  files_.Append("/logs/a.log", Lines(1, 2));
  Tick();
  EXPECT_EQ(Steps(), Range(1, 2));
  EXPECT_EQ(Count(Kind::kRecovered), 1);
  EXPECT_EQ(tailer_->files().at(0).error, "");
}

TEST_F(TailerTest, RetriesAFileThatMayNotBeRead) {
  files_.Append("/logs/a.log", Lines(1, 2));
  files_.Fail(Operation::kOpen, "/logs/a.log", std::errc::permission_denied);
  Follow("/logs/a.log");
  for (int i = 0; i < 5; ++i) Tick();
  EXPECT_EQ(Count(Kind::kError), 1);
  EXPECT_EQ(Errors("EACCES"), 5u);
  files_.Heal();
  Tick();
  EXPECT_EQ(Steps(), Range(1, 2));
}

TEST_F(TailerTest, FollowsTheLogsInADirectory) {
  files_.Append("/logs/a.log", Lines(1, 1));
  files_.Append("/logs/b.out", Lines(1, 1));
  files_.Append("/logs/model.bin", Lines(1, 1));
  Follow("/logs");
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("a", "b"));
}

TEST_F(TailerTest, FindsFilesAtAnyDepthButExcludedOnes) {
  files_.Append("/logs/x/a.log", Lines(1, 1));
  files_.Append("/logs/x/y/z/b.log", Lines(1, 1));
  files_.Append("/logs/x/debug/c.log", Lines(1, 1));
  SourceOptions source;
  source.path = "/logs/**/*.log";
  source.exclude = {"/logs/**/debug/*"};
  Follow({source});
  Tick();
  EXPECT_THAT(Jobs(), ElementsAre("a", "b"));
}

TEST_F(TailerTest, WalksManyDirectoriesMoreRarely) {
  options_.looks_per_second = 10;
  for (int i = 0; i < 200; ++i) files_.Append("/logs/" + std::to_string(i) + "/a.log", Lines(1, 1));
  Follow("/logs/**/*.log");
  Tick(seconds(0));
  files_.Append("/logs/new/b.log", Lines(1, 1));
  Tick(seconds(19));
  EXPECT_EQ(tailer_->files().size(), 200u);
  Tick(seconds(2));
  EXPECT_EQ(tailer_->files().size(), 201u);
}

TEST_F(TailerTest, ForgetsAFileThatCameAndWentBetweenTwoWalks) {
  files_.Append("/logs/a.log", Lines(1, 1));
  Follow("/logs/*.log");
  for (int i = 0; i < 3; ++i) Tick();
  files_.Append("/logs/b.log", Lines(1, 1));
  tailer_->Wake("/logs/b.log");
  Tick(milliseconds(1));
  EXPECT_EQ(tailer_->files().size(), 2u);
  files_.Remove("/logs/b.log");
  for (int i = 0; i < 60; ++i) Tick();
  EXPECT_EQ(tailer_->files().size(), 1u);
}

TEST_F(TailerTest, ForgetsAFileThatWentWhileADirectoryCouldNotBeListed) {
  files_.Append("/logs/x/a.log", Lines(1, 1));
  files_.Append("/logs/y/b.log", Lines(1, 1));
  Follow("/logs/*/*.log");
  for (int i = 0; i < 3; ++i) Tick();
  files_.Fail(Operation::kStatus, "/logs/y", std::errc::permission_denied);
  files_.Remove("/logs/x/a.log");
  for (int i = 0; i < 60; ++i) Tick();
  EXPECT_EQ(tailer_->files().size(), 2u);
  files_.Heal();
  for (int i = 0; i < 2; ++i) Tick();
  EXPECT_EQ(tailer_->files().size(), 1u);
}

TEST_F(TailerTest, TakesLabelsAndTheJobFromThePath) {
  files_.Append("/runs/llama/seed3/out.log", Lines(1, 1));
  SourceOptions source;
  source.path = "/runs/**/*.log";
  source.path_regex = "/runs/(?P<training_job>[^/]+)/seed(?P<seed>[0-9]+)/";
  source.labels = {{"team", "nlp"}};
  Follow({source});
  Tick();
  EXPECT_EQ(Steps("llama"), Range(1, 1));
  EXPECT_EQ(batches_.back().labels, (core::Labels{{"seed", "3"}, {"team", "nlp"}}));
}

TEST_F(TailerTest, BoundsTheBytesOfATurn) {
  options_.bytes_per_turn = 1000;
  files_.Append("/logs/a.log", Lines(1, 500));
  files_.Append("/logs/b.log", Lines(1, 500));
  Follow("/logs/*.log");
  std::uint64_t before = 0;
  Tailer::Turn turn;
  do {
    turn = tailer_->Poll(now_);
    Take(turn);
    EXPECT_LE(tailer_->stats().bytes - before, 1100u);
    before = tailer_->stats().bytes;
    // Neither file waits for the other's end.
    const std::size_t a = steps_["a"].size(), b = steps_["b"].size();
    if (a < 500 && b < 500) {
      EXPECT_LE(a > b ? a - b : b - a, 120u);
    }
  } while (turn.more);
  EXPECT_EQ(Steps("a"), Range(1, 500));
  EXPECT_EQ(Steps("b"), Range(1, 500));
}

TEST_F(TailerTest, LooksMoreRarelyAtASilentFile) {
  files_.Append("/logs/a.log", Lines(1, 1));
  Follow("/logs/a.log");
  Tick(milliseconds(0));
  EXPECT_EQ(next_poll_, options_.busy_interval);
  for (int i = 0; i < 200; ++i) Tick(next_poll_);
  const std::uint64_t before = files_.status_calls();
  for (const auto end = now_.steady + seconds(60); now_.steady < end;) Tick(next_poll_);
  const std::uint64_t discoveries = 13;
  EXPECT_LE(files_.status_calls() - before, 61u + discoveries);
}

TEST_F(TailerTest, FollowsAHundredGrowingFiles) {
  std::vector<int> written(100, 0);
  Follow("/logs/*.log");
  for (int round = 0; round < 50; ++round) {
    for (int file = 0; file < 100; ++file) {
      const int count = (file * 7 + round * 3) % 5;
      files_.Append("/logs/job" + std::to_string(file) + "x.log", Lines(written[file] + 1, written[file] + count));
      written[file] += count;
    }
    Tick(milliseconds(70));
  }
  Tick();
  for (int file = 0; file < 100; ++file) EXPECT_EQ(Steps("job" + std::to_string(file) + "x"), Range(1, written[file]));
}

TEST_F(TailerTest, FinishesWithTheFrameworksLastWord) {
  files_.Append("/logs/a.log", Lines(1, 2) + "Training completed.\n");
  Follow("/logs/a.log");
  Tick();
  EXPECT_THAT(finished_, ElementsAre("a"));
}

TEST_F(TailerTest, ReadsANamedPipe) {
  files_.MakeFifo("/logs/a.log");
  files_.Create("/logs/a.log")->has_writer = true;
  Follow("/logs/a.log");
  Tick();
  files_.Append("/logs/a.log", Lines(1, 2) + "step 3: loss");
  Tick();
  EXPECT_EQ(Steps(), Range(1, 2));
  files_.Append("/logs/a.log", " 0.03\n");
  Tick();
  EXPECT_EQ(Steps().size(), 3u);
}

TEST(CheckSource, NamesWhatIsWrong) {
  SourceOptions source;
  source.path = "/logs/[ab.log";
  EXPECT_EQ(CheckSource(source), "a [ without its ]");
  source.path = "/logs/*.log";
  EXPECT_EQ(CheckSource(source), std::nullopt);
  source.path_regex = "(?P<x>";
  EXPECT_TRUE(CheckSource(source).has_value());
}

TEST_F(TailerTest, KeepsTheLastLinesThatGaveNothing) {
  files_.Append("/a.log", "one\n\n" + Lines(1, 20) + "two\nthree\nfour " + std::string(1000, 'x') + "\n");
  Follow("/a.log");
  Tick();
  const auto lines = tailer_->files().at(0).last_ignored;
  ASSERT_EQ(lines.size(), IgnoredLines::kKept);
  EXPECT_EQ(lines[0].text, "two");
  EXPECT_EQ(lines[1].text, "three");
  EXPECT_EQ(lines[2].text, "four " + std::string(IgnoredLines::kMaxBytes - 5, 'x'));
  EXPECT_EQ(lines[1].reason, records::Ignored::kNoLoss);
  EXPECT_TRUE(tailer_->files().at(0).silent_reasons.empty());
}

TEST_F(TailerTest, TellsWhyALogGivesNothing) {
  std::string text;
  for (int i = 0; i < 250; ++i) text += "a line of text " + std::to_string(i) + "\n";
  files_.Append("/a.log", text);
  Follow("/a.log");
  Tick();
  EXPECT_EQ(tailer_->files().at(0).silent_reasons.size(), 3u);
  EXPECT_EQ(Count(TailerNotice::Kind::kNoSamples), 1);
  files_.Append("/a.log", Lines(1, 20));
  Tick();
  EXPECT_TRUE(tailer_->files().at(0).silent_reasons.empty());
}

TEST_F(TailerTest, TellsWhatIsNoText) {
  files_.Append("/a.log", std::string("PK\x03\x04\0\0 and so on\n", 16));
  Follow("/a.log");
  Tick();
  Tick();
  EXPECT_EQ(Count(TailerNotice::Kind::kNoText), 1);
  ASSERT_EQ(tailer_->files().at(0).silent_reasons.size(), 1u);
  EXPECT_NE(tailer_->files().at(0).silent_reasons[0].find("checkpoint"), std::string::npos);
}

TEST_F(TailerTest, TellsOfTheLossScaler) {
  files_.Append(
      "/a.log",
      Lines(1, 20) + "[deepspeed] OVERFLOW! Rank 0 Skipping step. Attempted loss scale: 65536, reducing to 32768\n");
  Follow("/a.log");
  Tick();
  EXPECT_EQ(batches_.back().loss_scale, 32768);
  EXPECT_EQ(batches_.back().skipped_steps, 1u);
  files_.Append("/a.log", Lines(21, 22));
  Tick();
  EXPECT_FALSE(batches_.back().skipped_steps.has_value());
}

}  // namespace
}  // namespace lossd::sources
