#include "cli/top/growing_logs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli/top/top_data.h"

namespace lossd::cli {
namespace {

class GrowingLogsTest : public testing::Test {
 protected:
  GrowingLogsTest() {
    std::string pattern = testing::TempDir() + "growing.XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~GrowingLogsTest() override { std::filesystem::remove_all(directory); }

  void Append(const std::string& text, std::ios::openmode mode = std::ios::app) {
    std::ofstream(directory / "llama.log", mode) << text;
  }
  std::uint64_t Samples(GrowingLogs& logs) {
    logs.Read({});
    const auto run = ParseRun(logs.Run("llama", "", {}).body);
    return run ? run->step.size() : 0;
  }

  std::filesystem::path directory;
};

TEST_F(GrowingLogsTest, ReadsWhatIsAdded) {
  GrowingLogs logs({directory / "llama.log"}, {});
  EXPECT_EQ(Samples(logs), 0u);
  Append("step=1 loss=4.0\nstep=2 lo");
  EXPECT_EQ(Samples(logs), 1u);
  Append("ss=3.0\nstep=3 loss=2.5\n");
  EXPECT_EQ(Samples(logs), 3u);
  const auto overview = ParseOverview(logs.Overview({}, {}));
  ASSERT_EQ(overview->rows.size(), 1u);
  EXPECT_EQ(overview->rows[0].job, "llama");
  EXPECT_EQ(overview->rows[0].last_loss, 2.5);
}

TEST_F(GrowingLogsTest, StartsAgainWhereALogHasBecomeShorter) {
  GrowingLogs logs({directory / "llama.log"}, {});
  Append("step=1 loss=4.0\nstep=2 loss=3.5\n");
  EXPECT_EQ(Samples(logs), 2u);
  Append("step=3 loss=3.0\n", std::ios::trunc);
  EXPECT_EQ(Samples(logs), 3u);
}

TEST_F(GrowingLogsTest, HasNoRunOfAnUnknownJob) {
  const GrowingLogs logs({directory / "llama.log"}, {});
  EXPECT_EQ(logs.Run("other", "", {}).error, "no such job");
}

}  // namespace
}  // namespace lossd::cli
