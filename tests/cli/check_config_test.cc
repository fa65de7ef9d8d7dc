#include "cli/check_config.h"

#include <gtest/gtest.h>

#include <sstream>

namespace lossd::cli {
namespace {

TEST(CheckConfig, SaysOkToAGoodFile) {
  std::ostringstream out;
  EXPECT_EQ(CheckConfig({LOSSD_SOURCE_DIR "/config/lossd.example.yml"}, "", out), 0);
  EXPECT_EQ(out.str(), LOSSD_SOURCE_DIR "/config/lossd.example.yml: OK\n");
}

TEST(CheckConfig, TellsEveryErrorOfEveryFile) {
  std::ostringstream out;
  EXPECT_EQ(CheckConfig({"/nonexistent", LOSSD_SOURCE_DIR "/config/lossd.minimal.yml", "/"}, "", out), 2);
  EXPECT_EQ(out.str(), "/nonexistent: No such file or directory\n" LOSSD_SOURCE_DIR
                       "/config/lossd.minimal.yml: OK\n/: Is a directory\n");
}

}  // namespace
}  // namespace lossd::cli
