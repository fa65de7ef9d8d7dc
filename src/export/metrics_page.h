// The scrape: job table and our own counts -> exposition text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"

namespace lossd::exporter {

enum class TextFormat : std::uint8_t {
  kPrometheus,   ///< text 0.0.4
  kOpenMetrics,  ///< 1.0.0
};

/// The format that an Accept header asks for, by quality; Prometheus text where it does not say.
TextFormat NegotiateFormat(std::string_view accept);
/// The Content-Type to answer with.
std::string_view ContentType(TextFormat format);

/// What one followed file looks like from outside.
struct OwnFile {
  std::string path, job;
  std::uint64_t lag_bytes = 0;
  bool readable = true;
};

/// Our own counts, gathered by the application at each scrape. Maps are by the value of the label.
struct OwnStats {
  std::string version, revision, compiler;
  double start_time_seconds = 0;
  std::uint64_t lines_matched = 0;
  std::map<std::string, std::uint64_t> lines_ignored;  ///< by reason
  std::uint64_t bytes_read = 0, rotations = 0, truncations = 0;
  std::uint64_t open_files = 0, watches_refused = 0, watch_overflows = 0;
  std::map<std::string, std::uint64_t> file_errors;  ///< by reason
  std::vector<OwnFile> files;
  std::map<std::string, std::uint64_t> http_requests;  ///< by code
  std::uint64_t http_connections_refused = 0;
  std::uint64_t tls_handshakes_failed = 0;
  std::map<std::string, std::uint64_t> samples;           ///< by source: "file", "stdin", "http"
  std::map<std::string, std::uint64_t> samples_rejected;  ///< by reason
  std::uint64_t jobs_expired = 0;
  bool config_reload_successful = true;
  double config_reload_success_time_seconds = 0;
  double last_scrape_duration_seconds = 0;  ///< of the scrape before this one
  std::uint64_t state_saves = 0, state_save_failures = 0;
  std::map<std::string, std::uint64_t> state_loads;  ///< by outcome
  std::map<std::string, std::uint64_t> clock_jumps;  ///< by direction: "forward", "back"
};

/// The whole page. Series come in the order of the metric catalogue, then of job, loss and labels: two scrapes of the
/// same state are the same text. `live_only` labels never clash: a job's label that is one of ours is prefixed with
/// `exported_`.
std::string RenderMetrics(const core::JobTable& jobs, const OwnStats& own, TextFormat format);

/// One metric that this program can expose: the source of HELP and TYPE, of the table in config/metrics.md and of the
/// checks on rules.
struct MetricInfo {
  std::string_view name;    ///< as in Prometheus text, a counter with its `_total`
  std::string_view type;    ///< "gauge", "counter"
  std::string_view labels;  ///< comma-separated, beside the job's own
  std::string_view help;
};
const std::vector<MetricInfo>& MetricCatalog();

}  // namespace lossd::exporter
