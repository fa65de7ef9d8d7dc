// What lossd tells about itself, gathered from its parts.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "app/clock_jump_detector.h"
#include "app/intake.h"
#include "export/metrics_page.h"
#include "http/server.h"
#include "sources/files/tailer_thread.h"

namespace lossd::app {

/// Counts that no other part keeps.
struct DaemonCounts {
  double start_time_seconds = 0;
  bool config_reload_successful = true;
  double config_reload_success_time_seconds = 0;
  double last_scrape_duration_seconds = 0;
  std::uint64_t state_saves = 0, state_save_failures = 0;
  std::map<std::string, std::uint64_t> state_loads;  ///< by outcome
  ClockJumpDetector::Jumps clock_jumps;
};

exporter::OwnStats GatherOwnStats(const DaemonCounts& counts, const Intake& intake, const core::JobTable& jobs,
                                  const sources::FollowerReport& follower, const http::ServerStats& server);

}  // namespace lossd::app
