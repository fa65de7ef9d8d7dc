#include "app/files_to_follow.h"

#include <gtest/gtest.h>

namespace lossd::app {
namespace {

TEST(FilesToFollow, AreThoseOfTheConfigurationThenTheArguments) {
  config::Config config;
  config.files.emplace_back().path = "/logs/*.log";
  cli::Options options;
  options.job_name = "llama";
  const auto all = FilesToFollow(config, options, {"a.log", "-"}, nullptr);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].path, "/logs/*.log");
  EXPECT_EQ(all[1].path, "a.log");
  EXPECT_EQ(all[1].job, "") << "the name is for what has no path";
  EXPECT_EQ(all[2].path, "-");
  EXPECT_EQ(all[2].job, "llama");
}

TEST(FilesToFollow, HaveEachStreamOfTheCommandUnderItsName) {
  cli::Options options;
  options.child = {"python3", "train.py"};
  cli::DaemonSide relay;
  relay.streams = {{.path = "-"}, {.path = "-2"}};
  EXPECT_TRUE(FilesToFollow({}, options, {}, nullptr).empty());
  const auto all = FilesToFollow({}, options, {}, &relay);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].path, "-");
  EXPECT_EQ(all[1].path, "-2");
  EXPECT_EQ(all[0].job, "train");
  EXPECT_EQ(all[1].job, "train");
}

}  // namespace
}  // namespace lossd::app
