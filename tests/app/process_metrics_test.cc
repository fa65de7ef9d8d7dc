#include "app/process_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <string>
#include <vector>

namespace lossd::app {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(ProcessMetrics, TellsItsStartItsConfigurationAndItsClock) {
  ProcessMetrics process;
  process.start = core::Timestamp(std::chrono::milliseconds(1'700'000'000'250));
  process.config_reloaded = core::Timestamp(std::chrono::seconds(1'700'000'001));
  process.config_reload_successful = false;
  process.last_scrape_duration_seconds = 0.25;
  std::vector<std::string> names;
  std::vector<double> values;
  for (const auto& family : process.Collect()) {
    // What the system says of the process differs from one to the next.
    if (family.name.starts_with("process_") && family.name != "process_start_time_seconds") {
      EXPECT_GT(family.metric.at(0).gauge.value + family.metric.at(0).counter.value, 0) << family.name;
      continue;
    }
    names.push_back(family.name);
    for (const auto& series : family.metric) values.push_back(series.gauge.value + series.counter.value);
  }
  EXPECT_THAT(names,
              ElementsAre("lossd_build_info", "process_start_time_seconds", "lossd_config_last_reload_successful",
                          "lossd_config_last_reload_success_timestamp_seconds", "lossd_scrape_duration_seconds",
                          "lossd_clock_jumps_total"));
  EXPECT_THAT(values, ElementsAre(1, DoubleNear(1'700'000'000.25, 1e-3), 0, 1'700'000'001, 0.25, 0, 0));
}

}  // namespace
}  // namespace lossd::app
