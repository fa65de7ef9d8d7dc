#include "readers/job_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace lossd::readers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Named(const std::string& path, const std::set<std::string>& taken = {}) {
  return JobName(path, [&](const std::string& name) { return taken.contains(name); });
}

TEST(JobName, IsTheFirstThatIsFree) {
  EXPECT_EQ(Named("/runs/a/gpt.log"), "gpt");
  EXPECT_EQ(Named("/runs/a/gpt.log", {"gpt"}), "a-gpt");
  EXPECT_EQ(Named("/runs/a/gpt.log", {"gpt", "a-gpt"}), "runs-a-gpt");
  EXPECT_EQ(Named("/gpt.log", {"gpt"}), "gpt");
}

TEST(JobName, PassesOverWhatAnyLogIsCalled) {
  EXPECT_EQ(Named("/runs/llama/train.log"), "llama");
  EXPECT_EQ(Named("/runs/llama/train.log", {"llama"}), "llama-train");
  EXPECT_EQ(Named("/exp/lm/outputs/2026-01-31/12-30-00/train.log"), "lm-2026-01-31-12-30-00");
}

TEST(ContestedNames, AreThoseOfSeveralLogs) {
  EXPECT_THAT(ContestedNames({"/x/gpt.log", "/y/gpt.log", "/y/bert.log"}), ElementsAre("gpt"));
  EXPECT_THAT(ContestedNames({"/a/x/gpt.log", "/b/x/gpt.log", "/b/y/gpt.log"}), ElementsAre("gpt", "x-gpt"));
  EXPECT_THAT(ContestedNames({"/x/gpt.log", "/y/bert.log"}), IsEmpty());
  EXPECT_THAT(ContestedNames({}), IsEmpty());
}

TEST(ContestedNames, AreNoneOfTheGenerationsOfOneLogOrTheFilesOfOneRun) {
  EXPECT_THAT(ContestedNames({"/x/gpt.log", "/x/gpt.log.1", "/x/gpt.log.2.gz"}), IsEmpty());
  EXPECT_THAT(ContestedNames({"/r/checkpoint-10/trainer_state.json", "/r/checkpoint-20/trainer_state.json"}),
              IsEmpty());
}

}  // namespace
}  // namespace lossd::readers
