// The common path of a sample takes nothing from the heap.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/counting_new.h"
#include "core/dynamics_tracker.h"
#include "core/job_table.h"

namespace lossd::core {
namespace {

TEST(Allocation, DynamicsTrackerTakesNoneAfterConstruction) {
  DynamicsTracker tracker(1000);
  const std::size_t before = Allocations();
  for (int i = 0; i < 5000; ++i) tracker.update(i % 700 == 0 ? 1e30 : std::sin(i));
  EXPECT_EQ(Allocations(), before);
}

TEST(Allocation, JobTableTakesNoneForASampleWithoutEvents) {
  JobTable table({}, {});
  const Labels labels = {{"team", "nlp"}, {"node", "a-rather-long-name-of-a-node-0017"}};
  Sample sample;
  Instant now;
  std::size_t quiet = 0;
  for (int i = 0; i < 5000; ++i) {
    sample.value = 2 + 5 / std::sqrt(i + 1.0) + 0.01 * std::sin(i * 12.9898) * std::cos(i * 78.233);
    sample.step = i;
    now.steady += std::chrono::milliseconds(900 + i % 200);
    const std::size_t before = Allocations();
    const auto outcome = table.Add("a-job-whose-name-is-not-short", labels, sample, now);
    if (i == 0 || !outcome.events.empty()) continue;
    ++quiet;
    ASSERT_EQ(Allocations(), before) << i;
  }
  EXPECT_GT(quiet, 4000U);
}

TEST(Allocation, AHistoryTakesNoneForASample) {
  RunHistory history(64, 1);
  WindowRegression window(30);
  const std::vector<WindowRegression> windows(1, window);
  const std::size_t before = Allocations();
  for (int i = 0; i < 5000; ++i) history.Add({.loss = std::sin(i), .step = i}, windows);
  EXPECT_EQ(Allocations(), before);
  EXPECT_EQ(history.samples(), 5000U);
}

TEST(Allocation, ASeriesStaysSmall) {
  EXPECT_LE(sizeof(SeriesTracker), 5648U);
  EXPECT_LE(sizeof(SeriesTracker) + 101 * sizeof(double) + 100 * sizeof(std::int32_t) + 3 * sizeof(WindowRegression),
            7096U);
}

}  // namespace
}  // namespace lossd::core
