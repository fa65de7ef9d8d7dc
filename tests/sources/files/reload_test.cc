// Other sources while logs are followed, as after a reload of the configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "sources/files/file_registry.h"
#include "support/tailer_fixture.h"

namespace lossd::test {
namespace {

using sources::SourceOptions;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ReloadTest : public TailerFixture {
 protected:
  static SourceOptions Source(const std::string& path) {
    SourceOptions source;
    source.path = path;
    return source;
  }
  void Reload(std::vector<SourceOptions> sources) { tailer_->Reconfigure(std::move(sources), options_); }
};

TEST_F(ReloadTest, LeavesAHalfReadLineOfAPipeWhole) {
  files_.MakeFifo("/logs/pipe");
  Follow("/logs/pipe");
  const auto writer = files_.Create("/logs/pipe");
  writer->has_writer = true;
  files_.Append(writer, Lines(1, 2) + Line(3).substr(0, 6));
  Tick();
  SourceOptions labelled = Source("/logs/pipe");
  labelled.labels = {{"team", "nlp"}};
  Reload({labelled, Source("/logs/*.log")});
  Tick();
  files_.Append(writer, Line(3).substr(6) + Lines(4, 4));
  Tick();
  EXPECT_EQ(Steps("pipe"), Range(1, 4));
  EXPECT_EQ(batches_.back().labels, (core::Labels{{"team", "nlp"}}));
}

TEST_F(ReloadTest, ReadsNothingAnew) {
  for (int i = 0; i < 5; ++i) files_.Append("/logs/" + std::to_string(i) + ".log", Lines(1, 2000));
  Follow("/logs/*.log");
  Tick();
  const std::string more = Lines(2001, 2001);
  for (int i = 0; i < 5; ++i) files_.Append("/logs/" + std::to_string(i) + ".log", more);
  Reload({Source("/logs/*.log")});
  const std::uint64_t before = files_.bytes_read();
  Tick();
  EXPECT_LT(files_.bytes_read() - before, 5 * (more.size() + 2000));  // what is new, and the signatures' bytes
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Steps(std::to_string(i)), Range(1, 2001));
}

TEST_F(ReloadTest, BeginsAnewWhereTheLogIsReadOtherwise) {
  files_.Append("/logs/a.log", Lines(1, 2));
  Follow("/logs/a.log");
  Tick();
  SourceOptions patterned = Source("/logs/a.log");
  patterned.reader.patterns = {{"it=(?P<step>\\d+) l=(?P<loss>\\S+)"}};
  Reload({patterned});
  files_.Append("/logs/a.log", Line(3) + "it=4 l=0.5\n");
  Tick();
  EXPECT_THAT(Steps(), ElementsAre(1, 2, 4));
  patterned.job = "other";
  Reload({patterned});
  files_.Append("/logs/a.log", "it=5 l=0.5\n");
  Tick();
  EXPECT_THAT(Steps("other"), ElementsAre(5));
}

TEST_F(ReloadTest, LetsGoOfWhatIsNotWantedAndTakesItUpAgain) {
  files_.Append("/logs/a.log", Lines(1, 2));
  files_.Append("/logs/b.log", Lines(1, 2));
  Follow("/logs/*.log");
  Tick();
  Reload({Source("/logs/b.log")});
  Tick();
  files_.Append("/logs/a.log", Lines(3, 3));
  files_.Append("/logs/b.log", Lines(3, 3));
  Tick();
  EXPECT_EQ(Steps("a"), Range(1, 2));
  EXPECT_EQ(Steps("b"), Range(1, 3));
  EXPECT_EQ(files_.open_files(), 1);
  Reload({Source("/logs/*.log")});
  Tick();
  EXPECT_EQ(Steps("a"), Range(1, 3));
}

TEST_F(ReloadTest, HoldsToTheNewLimits) {
  for (const char* name : {"a", "b", "c"}) files_.Append("/logs/" + std::string(name) + ".log", Lines(1, 1));
  Follow("/logs/*.log");
  Tick();
  options_.max_files = 2;
  Reload({Source("/logs/*.log")});
  Tick();
  EXPECT_EQ(tailer_->files().size(), 2u);
  EXPECT_EQ(tailer_->stats().files_refused, 1u);
}

TEST_F(ReloadTest, CountsGoOn) {
  files_.Append("/logs/a.log", Lines(1, 5));
  files_.Append("/logs/b.log", Lines(1, 5));
  Follow("/logs/*.log");
  Tick();
  Reload({Source("/logs/a.log")});
  Tick();
  EXPECT_EQ(tailer_->stats().lines_matched, 10u);
}

TEST_F(ReloadTest, ForgetsTheNamesOfPodsThatAreGone) {
  SourceOptions pods = Source(sources::kPodLogs);
  pods.preset = sources::Preset::kKubernetesPods;
  Follow({pods, Source("/runs/*/checkpoint-*/trainer_state.json")});
  Tick();
  EXPECT_EQ(tailer_->names_kept(), 0u);
  for (int i = 0; i < 20; ++i) {
    const std::string pod = "/var/log/pods/ml_worker-" + std::to_string(i) + "_uid/trainer/0.log";
    const std::string run = "/runs/" + std::to_string(i) + "/checkpoint-1/trainer_state.json";
    files_.Append(pod, "2026-01-01T00:00:00.000000000Z stdout F " + Line(i));
    files_.Append(run, "{\"log_history\": []}\n");
    Tick();
    EXPECT_GT(tailer_->names_kept(), 0u);
    files_.Remove(pod);
    files_.Remove(run);
    Tick(std::chrono::minutes(10));
    Tick(std::chrono::minutes(10));
  }
  // A log is let go by the look for files behind the one that has found it gone.
  for (int i = 0; i < 3; ++i) Tick(std::chrono::minutes(10));
  EXPECT_EQ(tailer_->names_kept(), 0u);
}

TEST_F(ReloadTest, NamesOfLogsFoundTogetherDoNotDependOnTheirOrder) {
  const auto jobs = [this] {
    std::map<std::string, std::string> found;
    for (const auto& file : tailer_->files()) found[file.path] = file.job;
    return found;
  };
  files_.Append("/y/gpt.log", Lines(1, 2));
  files_.Append("/x/gpt.log", Lines(1, 2));
  Follow("/*/gpt.log");
  Tick();
  const std::map<std::string, std::string> both = {{"/x/gpt.log", "x-gpt"}, {"/y/gpt.log", "y-gpt"}};
  EXPECT_EQ(jobs(), both);
  // What came too late to be asked leaves the others theirs, and the name that none of them has.
  files_.Append("/z/gpt.log", Lines(1, 2));
  Tick(std::chrono::minutes(1));
  EXPECT_EQ(jobs().at("/z/gpt.log"), "z-gpt");
  Reload({Source("/*/gpt.log")});
  Tick();
  EXPECT_EQ(jobs().at("/x/gpt.log"), "x-gpt");
}

TEST_F(ReloadTest, AJobKeepsTheNameThatItHadFirst) {
  files_.Append("/y/gpt.log", Lines(1, 2));
  Follow("/*/gpt.log");
  Tick();
  files_.Append("/x/gpt.log", Lines(1, 2));
  Tick(std::chrono::minutes(1));
  std::map<std::string, std::string> jobs;
  for (const auto& file : tailer_->files()) jobs[file.path] = file.job;
  EXPECT_EQ(jobs.at("/y/gpt.log"), "gpt");
  EXPECT_EQ(jobs.at("/x/gpt.log"), "x-gpt");
}

TEST(FileRegistry, FindsFilesByPathAndByRun) {
  sources::FileRegistry registry;
  std::vector<std::uint64_t> forgotten;
  const auto release = [&](std::uint64_t inode, const std::string& path, bool complete) {
    sources::FilePosition position;
    position.identity = {1, inode};
    position.path = path;
    position.job = "job";
    position.complete = complete;
    registry.Release(position, inode, forgotten);
  };
  release(1, "/a/results.csv", false);
  release(2, "/b/results.csv", true);
  release(3, "/a/other.csv", false);
  EXPECT_EQ(registry.At("/a/results.csv").size(), 1u);
  EXPECT_EQ(registry.OfRun("job", "results.csv").size(), 2u);
  EXPECT_THAT(registry.OfRun("other", "results.csv"), IsEmpty());
  EXPECT_THAT(registry.UnfinishedAt("/b/results.csv"), IsEmpty());
  release(1, "/c/results.csv", false);  // known by another path now
  EXPECT_THAT(registry.At("/a/results.csv"), IsEmpty());
  EXPECT_EQ(registry.UnfinishedAt("/c/results.csv"), (std::vector<sources::FileIdentity>{{1, 1}}));
  registry.Recall({1, 1});
  EXPECT_EQ(registry.OfRun("job", "results.csv").size(), 1u);
}

}  // namespace
}  // namespace lossd::test
