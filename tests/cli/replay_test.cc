#include "cli/replay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace lossd::cli {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

/// Replays logs in a directory of its own.
class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() {
    std::string pattern = ::testing::TempDir() + "replay.XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~ReplayTest() override { std::filesystem::remove_all(directory); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = directory / name;
    std::ofstream(path) << text;
    return path;
  }
  int Run(const std::vector<std::string>& files, OutputFormat output = OutputFormat::kJson) {
    options.files = files;
    options.output = output;
    return RunReplay(options, out, err);
  }

  ReplayOptions options;
  std::filesystem::path directory;
  std::ostringstream out, err;
};

TEST_F(ReplayTest, SummarisesEverySeries) {
  const std::string path =
      Write("llama.log", "step 1: train loss 4.0, val loss 4.5\nstep 2: train loss 3.0, val loss 3.5\n");
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(out.str(), HasSubstr(R"("event":"summary","training_job":"llama","loss":"eval","samples":2)"));
  EXPECT_THAT(out.str(), HasSubstr(R"("event":"summary","training_job":"llama","loss":"train","samples":2)"));
  EXPECT_EQ(err.str(), "");
}

TEST_F(ReplayTest, TellsANonFiniteLossAtItsSample) {
  const std::string path = Write("llama.log", "step=10 loss=4.0\nstep=20 loss=3.0\nstep=30 loss=nan\n");
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(out.str(),
              ContainsRegex(R"("event":"non_finite","training_job":"llama","loss":"train","sample":2,"step":30)"));
}

TEST_F(ReplayTest, UsesALastLineWithoutItsEnd) {
  EXPECT_EQ(Run({Write("a.log", "step=1 loss=4.0\nloss=3.0 step=2 lr=0.1 ")}), 0);
  EXPECT_THAT(out.str(), HasSubstr("\"samples\":2"));
}

TEST_F(ReplayTest, GivesTheNameThatIsAskedFor) {
  options.job_name = "mine";
  EXPECT_EQ(Run({Write("a.log", "step=1 loss=4.0\n"), Write("b.log", "step=2 loss=3.0\n")}), 0);
  EXPECT_THAT(out.str(), HasSubstr(R"("training_job":"mine","loss":"train","samples":2)"));
}

TEST_F(ReplayTest, ReadsTheOthersWhereAFileIsMissing) {
  const std::string missing = directory / "missing.log";
  EXPECT_EQ(Run({missing, Write("a.log", "step=1 loss=4.0\n")}), 1);
  EXPECT_EQ(err.str(), "lossd: " + missing + ": No such file or directory\n");
  EXPECT_THAT(out.str(), HasSubstr("\"samples\":1"));
}

TEST_F(ReplayTest, UnpacksGzip) {
  const std::string path = directory / "llama.log.gz";
  gzFile file = gzopen(path.c_str(), "wb");
  gzputs(file, "step=1 loss=4.0\nstep=2 loss=3.0\n");
  gzclose(file);
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(out.str(), HasSubstr(R"("training_job":"llama","loss":"train","samples":2)"));
}

TEST_F(ReplayTest, SaysWhatIsWrongWithACompressedFile) {
  std::string whole;
  {
    const std::string path = directory / "whole.log.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    for (int step = 0; step < 1000; ++step) gzprintf(file, "step=%d loss=%d.%d\n", step, step * 7 % 10, step % 10);
    gzclose(file);
    std::ifstream stored(path, std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(stored), {});
  }
  const std::string cut = Write("cut.log.gz", whole.substr(0, whole.size() / 2));
  EXPECT_EQ(Run({cut}), 1);
  EXPECT_EQ(err.str(), "lossd: " + cut + ": the compressed file is cut short; what it still holds was read\n");
  EXPECT_THAT(out.str(), ContainsRegex(R"("event":"summary".*"samples":[1-9])"));

  std::string flipped = whole;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // in its checksum
  EXPECT_EQ(Run({Write("flipped.log.gz", flipped)}), 1);
  EXPECT_THAT(err.str(), HasSubstr("is damaged"));
  EXPECT_EQ(Run({Write("text.log.gz", "step=1 loss=4.0\n")}), 1);
  EXPECT_EQ(Run({Write("empty.log.gz", "")}), 1);
  err.str("");
  EXPECT_EQ(Run({Write("padded.log.gz", whole + whole + std::string(512, '\0'))}), 0);
  EXPECT_EQ(err.str(), "");
}

TEST_F(ReplayTest, RefusesADirectory) {
  EXPECT_EQ(Run({directory}), 1);
  EXPECT_EQ(err.str(), "lossd: " + directory.string() + ": Is a directory\n");
}

TEST_F(ReplayTest, SaysHowManySamplesWereRejected) {
  options.config.jobs.max_series_per_job = 1;
  EXPECT_EQ(Run({Write("a.log", "step 1: train loss 4.0, val loss 4.5\n")}), 0);
  EXPECT_EQ(err.str(), "lossd: 1 samples rejected: series_limit\n");
}

TEST_F(ReplayTest, ReadsAsTheConfigurationOfTheFileSays) {
  const std::string path = Write("a.log", "it 5 objective 2.5\n");
  options.config.files.emplace_back();
  options.config.files[0].path = path;
  options.config.files[0].reader.patterns = {{R"(it (?P<step>\d+) objective (?P<loss>\S+))", "train"}};
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(out.str(), HasSubstr(R"("first_step":5)"));
}

TEST_F(ReplayTest, WritesATimelineForPeople) {
  options.verbose = true;
  EXPECT_EQ(Run({Write("a.log", "step=10 loss=4.0\nstep=20 loss=nan\n")}, OutputFormat::kText), 0);
  EXPECT_THAT(out.str(), HasSubstr("step 20         a/train  warming_up -> non_finite"));
  EXPECT_THAT(out.str(), HasSubstr("a/train: 2 samples, steps 10 to 20, loss nan (best 4), non_finite"));
}

TEST_F(ReplayTest, TellsARunInAFewLines) {
  std::string log;
  for (int i = 0; i < 1500; ++i)
    log += "step=" + std::to_string(10 * i) + " loss=" + std::to_string(8 - i * 0.004) + "\n";
  EXPECT_EQ(Run({Write("a.log", log + "step=15000 loss=nan\n")}, OutputFormat::kText), 0);
  EXPECT_THAT(out.str(), HasSubstr("a/train: non finite since step 15,000\n"));
  EXPECT_THAT(out.str(), ContainsRegex("  █.*▁"));
  EXPECT_THAT(out.str(), HasSubstr("loss from 8 to NaN, best 2.004 at step 14,990; 1,501 samples, steps 0 to 15,000"));
  EXPECT_THAT(out.str(), ContainsRegex("time: .*[0-9]+ %"));
  EXPECT_THAT(out.str(), HasSubstr("1 loss that is not finite (step 15,000)"));
  EXPECT_THAT(out.str(), HasSubstr("to do: "));
}

TEST_F(ReplayTest, WritesAPageThatNeedsNothingElse) {
  options.job_name = "</script><script>alert(1)</script>";
  EXPECT_EQ(Run({Write("a.log", "step=10 loss=4.0\nstep=20 loss=3\n")}, OutputFormat::kHtml), 0);
  EXPECT_THAT(out.str(), HasSubstr("\"last\":[4.0,3.0]"));
  EXPECT_THAT(out.str(), HasSubstr("new Dygraph("));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("src=\"/")));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("href=\"/")));
}

}  // namespace
}  // namespace lossd::cli
