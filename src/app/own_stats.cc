#include "app/own_stats.h"

#include "app/version.h"

namespace lossd::app {

exporter::OwnStats GatherOwnStats(const DaemonCounts& counts, const Intake& intake, const core::JobTable& jobs,
                                  const sources::FollowerReport& follower, const http::ServerStats& server) {
  exporter::OwnStats own;
  const Version build = BuildVersion();
  own.version = build.version;
  own.revision = build.revision;
  own.compiler = build.compiler;
  own.start_time_seconds = counts.start_time_seconds;

  own.lines_matched = follower.stats.lines_matched;
  for (const auto& [reason, count] : follower.stats.lines_ignored) own.lines_ignored.emplace(Name(reason), count);
  own.bytes_read = follower.stats.bytes;
  own.rotations = follower.stats.rotations;
  own.truncations = follower.stats.truncations;
  own.watches_refused = follower.refused_watches;
  own.watch_overflows = follower.watch_overflows;
  own.file_errors = follower.stats.errors;
  if (follower.stats.files_refused > 0) own.file_errors["max_files"] = follower.stats.files_refused;
  own.files.reserve(follower.files.size());
  for (const sources::FileStats& file : follower.files) {
    const std::uint64_t lag = file.size > file.offset ? file.size - file.offset : 0;
    own.files.push_back({file.path, file.job, lag, file.error.empty()});
    own.open_files += file.open;
  }

  for (const auto& [code, count] : server.requests_by_code) own.http_requests.emplace(std::to_string(code), count);
  own.http_connections_refused = server.connections_refused;
  own.tls_handshakes_failed = server.tls_handshakes_failed;
  own.samples = intake.taken();
  own.samples_rejected = intake.rejected();
  own.jobs_expired = jobs.expired_total();
  own.config_reload_successful = counts.config_reload_successful;
  own.config_reload_success_time_seconds = counts.config_reload_success_time_seconds;
  own.last_scrape_duration_seconds = counts.last_scrape_duration_seconds;
  own.state_saves = counts.state_saves;
  own.state_save_failures = counts.state_save_failures;
  own.state_loads = counts.state_loads;
  own.clock_jumps = {{"back", counts.clock_jumps.back}, {"forward", counts.clock_jumps.forward}};
  return own;
}

}  // namespace lossd::app
