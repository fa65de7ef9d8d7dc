#include "cli/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace lossd::cli {
namespace {

/// Explains logs in a directory of its own.
class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    std::string pattern = ::testing::TempDir() + "explain.XXXXXX";
    directory = ::mkdtemp(pattern.data());
    options.output = ExplainOptions::Output::kJson;
    options.summary = true;
  }
  ~ExplainTest() override { std::filesystem::remove_all(directory); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = directory / name;
    std::ofstream(path) << text;
    return path;
  }
  int Run(const std::vector<std::string>& files) {
    options.files = files;
    return RunExplain(options, out, err);
  }

  ExplainOptions options;
  std::filesystem::path directory;
  std::ostringstream out, err;
};

TEST_F(ExplainTest, ReadsWhatIsCompressed) {
  const std::string path = directory / "llama.log.gz";
  const gzFile file = ::gzopen(path.c_str(), "wb");
  ::gzputs(file, "step=1 loss=4.0\nstep=2 loss=3.0\n");
  ::gzclose(file);
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(out.str(), ::testing::HasSubstr(R"("loss":"train","format":"key_value","samples":2)"));
}

TEST_F(ExplainTest, CountsLinesThatAreTooLong) {
  const std::string path =
      Write("a.log", "step 1 loss 2.5\n" + std::string(70'000, 'x') + "\nstep 2 loss 2.4\nstep 3 loss 2.3\n");
  options.output = ExplainOptions::Output::kText;
  options.summary = false;
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(out.str(), ::testing::HasSubstr("\n2: - too_long (longer than follow.max_line_size"));
  EXPECT_THAT(out.str(), ::testing::HasSubstr("\n3: key_value train=2.4 step=2 (names known"));
  EXPECT_THAT(out.str(), ::testing::HasSubstr("\n4: key_value train=2.3 step=3 (names known"));
}

TEST_F(ExplainTest, ReadsEachFileInItsOwnWay) {
  const std::string first = Write("a.log", "step=1 goal=4.0\n");
  const std::string second = Write("b.log", "step=1 goal=4.0 loss=3.0\n");
  sources::SourceOptions source;
  source.path = first;
  source.reader.loss_key = "goal";
  options.config.files = {source};
  EXPECT_EQ(Run({first, second}), 0);
  EXPECT_THAT(out.str(), ::testing::ContainsRegex("a\\.log.*\"first\":4.0.*\n.*b\\.log.*\"first\":3.0"));
}

TEST_F(ExplainTest, ReadsTheOthersWhereOneIsMissing) {
  const std::string path = Write("a.log", "step=1 loss=4.0\n");
  EXPECT_EQ(Run({directory / "none.log", path}), 1);
  EXPECT_THAT(out.str(), ::testing::HasSubstr(R"("samples":1)"));
  EXPECT_EQ(err.str(), "lossd: " + (directory / "none.log").string() + ": No such file or directory\n");
}

TEST_F(ExplainTest, FailsInTextAloneWhereNothingIsRead) {
  const std::string path = Write("a.log", "nothing\n");
  EXPECT_EQ(Run({path}), 0);
  EXPECT_THAT(err.str(), ::testing::HasSubstr("no line gives a sample"));
  options.output = ExplainOptions::Output::kText;
  EXPECT_EQ(Run({path}), 3);
}

TEST_F(ExplainTest, SaysOfAFileThatItIsEmptyOrNoText) {
  const std::string empty = Write("empty.log", "");
  EXPECT_EQ(Run({empty}), 0);
  EXPECT_THAT(err.str(), ::testing::HasSubstr("empty: nothing was written yet"));
  const std::string packed = Write("packed.log", "\x1f\x8b\x08 and so on\nand so on\n");
  options.output = ExplainOptions::Output::kText;
  EXPECT_EQ(Run({packed}), 3);
  EXPECT_THAT(err.str(), ::testing::HasSubstr("packed.log: compressed"));
  EXPECT_THAT(out.str(), ::testing::Not(::testing::HasSubstr("and so on")));
}

TEST_F(ExplainTest, CannotReadADirectory) {
  EXPECT_EQ(Run({directory}), 1);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(err.str(), "lossd: " + directory.string() + ": Is a directory\n");
}

}  // namespace
}  // namespace lossd::cli
