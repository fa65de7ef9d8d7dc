// Jobs for the tests of what is made of them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "core/job_table.h"

namespace lossd::exporter {

class JobFixture : public testing::Test {
 protected:
  /// One sample, ten seconds after the last.
  void Add(const std::string& job, core::Sample sample, const core::Labels& labels = {}) {
    now.steady += std::chrono::seconds(10);
    now.wall += std::chrono::seconds(10);
    ASSERT_FALSE(jobs.Add(job, labels, sample, now).rejection.has_value());
  }
  void AddLoss(const std::string& job, double value, const std::string& loss = "train") {
    core::Sample sample;
    sample.loss = loss;
    sample.value = value;
    Add(job, sample);
  }

  core::Instant now{std::chrono::hours(1), core::Timestamp(std::chrono::seconds(1'700'000'000))};
  core::JobTable jobs{core::TrackerOptions{}, core::JobLimits{}};
};

}  // namespace lossd::exporter
