// What the process tells of itself: its build, its start, its configuration, its clock.
#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "app/clock_jump_detector.h"
#include "core/sample.h"

namespace lossd::app {

/// Kept by the daemon.
struct ProcessMetrics : public prometheus::Collectable {
  core::Timestamp start;
  bool config_reload_successful = true;
  core::Timestamp config_reloaded;          ///< successfully
  double last_scrape_duration_seconds = 0;  ///< of the scrape before this one
  ClockJumpDetector clock;

  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace lossd::app
