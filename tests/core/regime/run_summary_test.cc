#include "core/regime/run_summary.h"

#include <gtest/gtest.h>

#include "core/regime/saved_part.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

TEST(RunSummary, HoldsTheWholeRunInMeans) {
  RunSummary summary;
  for (int i = 0; i < 100'000; ++i) summary.Push(1e6 + i);
  EXPECT_EQ(summary.block_size(), 2048U);
  EXPECT_EQ(summary.blocks(), 48U);
  EXPECT_NEAR(summary.origin() + static_cast<double>(summary.Offset(47)), 1e6 + 1023.5, 1);
  EXPECT_NEAR(summary.origin() + static_cast<double>(summary.Offset(0)), 1e6 + 47 * 2048 + 1023.5, 1);
}

TEST(RunSummary, ContinuesAfterSaveAndLoad) {
  RunSummary summary, loaded;
  for (int i = 0; i < 777; ++i) summary.Push(i % 10);
  const std::string saved = ExpectTheSameAfterLoad(summary, loaded);
  StateReader cut(std::string_view(saved).substr(0, 40));
  EXPECT_FALSE(loaded.Load(cut));
  EXPECT_EQ(loaded.blocks(), 0U);
}

}  // namespace
}  // namespace lossd::core
