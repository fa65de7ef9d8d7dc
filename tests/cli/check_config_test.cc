#include "cli/check_config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace lossd::cli {
namespace {

TEST(CheckConfig, SaysOkToAGoodFile) {
  std::ostringstream out;
  EXPECT_EQ(CheckConfig({LOSSD_SOURCE_DIR "/config/lossd.minimal.yml"}, "", {}, out), 0);
  EXPECT_EQ(out.str(), LOSSD_SOURCE_DIR "/config/lossd.minimal.yml: OK\n");
}

TEST(CheckConfig, TellsEveryErrorOfEveryFile) {
  std::ostringstream out;
  EXPECT_EQ(CheckConfig({"/nonexistent", LOSSD_SOURCE_DIR "/config/lossd.minimal.yml", "/"}, "", {}, out), 2);
  EXPECT_EQ(out.str(), "/nonexistent: No such file or directory\n" LOSSD_SOURCE_DIR
                       "/config/lossd.minimal.yml: OK\n/: Is a directory\n");
}

class MisplacedFile : public ::testing::Test {
 protected:
  MisplacedFile() { path_ = ::testing::TempDir() + "misplaced-" + std::to_string(::getpid()) + ".yml"; }
  ~MisplacedFile() override { std::remove(path_.c_str()); }
  std::string Check(const std::string& text, bool as_web, int status) {
    std::ofstream(path_) << text;
    std::ostringstream out;
    EXPECT_EQ(as_web ? CheckConfig({}, path_, {}, out) : CheckConfig({path_}, "", {}, out), status);
    std::string told = out.str();
    for (std::size_t at; (at = told.find(path_)) != std::string::npos;) told.replace(at, path_.size(), "FILE");
    return told;
  }

 private:
  std::string path_;
};

TEST_F(MisplacedFile, AWebConfigurationIsCheckedAsOne) {
  EXPECT_EQ(Check("unauthenticated_paths: [/-/healthy]\n", false, 0),
            "FILE: OK\nFILE: is a web configuration, for --web.config.file\n");
  EXPECT_EQ(Check("bearer_tokens: [short]\n", false, 2),
            "FILE:1:17: bearer_tokens[0]: too short to be a secret: want 16 characters or more\n"
            "FILE: is a web configuration, for --web.config.file\n");
}

TEST_F(MisplacedFile, AConfigurationInTheOthersPlaceIsNamed) {
  EXPECT_EQ(Check("jobs: {ttl: 1h}\n", true, 2),
            "FILE:1:1: jobs: unknown key\nFILE: is a configuration, for --config.file\n");
}

TEST_F(MisplacedFile, AFileWithKeysOfBothIsAConfigurationWithUnknownKeys) {
  EXPECT_EQ(Check("jobs: {ttl: 1h}\nbearer_tokens: []\n", false, 2), "FILE:2:1: bearer_tokens: unknown key\n");
}

}  // namespace
}  // namespace lossd::cli
