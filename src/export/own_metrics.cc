#include "export/own_metrics.h"

#include <numeric>
#include <string>
#include <utility>

#include "export/metric_catalog.h"

namespace lossd::exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;
using CountsByLabel = std::map<std::string, std::uint64_t>;

/// Collects families in the order in which they are given.
class Families {
 public:
  void Add(Metric metric, double value, Labels labels = {}) {
    const MetricInfo& info = InfoOf(metric);
    if (families_.empty() || families_.back().name != info.name) {
      MetricFamily& family = families_.emplace_back();
      family.name = info.name;
      family.help = info.help;
      family.type = info.type == "counter" ? MetricType::Counter : MetricType::Gauge;
    }
    ClientMetric& sample = families_.back().metric.emplace_back();
    sample.label = std::move(labels);
    (info.type == "counter" ? sample.counter.value : sample.gauge.value) = value;
  }
  void Add(Metric metric, std::uint64_t value) { Add(metric, static_cast<double>(value)); }
  void Add(Metric metric, const char* label, const CountsByLabel& counts) {
    for (const auto& [value, count] : counts) Add(metric, static_cast<double>(count), {{label, value}});
  }
  std::vector<MetricFamily> Take() { return std::move(families_); }

 private:
  std::vector<MetricFamily> families_;
};

Labels LabelsOf(const OwnFile& file) { return {{"path", file.path}, {"training_job", file.job}}; }

}  // namespace

std::vector<MetricFamily> OwnMetrics::Collect() const {
  const auto total = [](const CountsByLabel& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& count) { return sum + count.second; });
  };
  std::uint64_t series = 0;
  for (const auto& [name, job] : jobs_.jobs()) series += job.series.size();

  Families own;
  own.Add(Metric::kBuildInfo, 1,
          {{"version", stats_.version}, {"revision", stats_.revision}, {"compiler", stats_.compiler}});
  own.Add(Metric::kStartTime, stats_.start_time_seconds);
  own.Add(Metric::kLinesRead, stats_.lines_matched + total(stats_.lines_ignored));
  own.Add(Metric::kLinesMatched, stats_.lines_matched);
  own.Add(Metric::kLinesIgnored, "reason", stats_.lines_ignored);
  own.Add(Metric::kBytesRead, stats_.bytes_read);
  for (const auto& file : stats_.files) own.Add(Metric::kFileLag, static_cast<double>(file.lag_bytes), LabelsOf(file));
  for (const auto& file : stats_.files) own.Add(Metric::kFileReadable, file.readable ? 1 : 0, LabelsOf(file));
  own.Add(Metric::kFileErrors, "reason", stats_.file_errors);
  own.Add(Metric::kOpenFiles, stats_.open_files);
  own.Add(Metric::kRotations, stats_.rotations);
  own.Add(Metric::kTruncations, stats_.truncations);
  own.Add(Metric::kWatchesRefused, stats_.watches_refused);
  own.Add(Metric::kWatchOverflows, stats_.watch_overflows);
  own.Add(Metric::kOwnSamples, "source", stats_.samples);
  own.Add(Metric::kSamplesRejected, "reason", stats_.samples_rejected);
  own.Add(Metric::kJobs, std::uint64_t{jobs_.jobs().size()});
  own.Add(Metric::kSeries, series);
  own.Add(Metric::kJobsExpired, stats_.jobs_expired);
  own.Add(Metric::kHttpRequests, "code", stats_.http_requests);
  own.Add(Metric::kConnectionsRefused, stats_.http_connections_refused);
  own.Add(Metric::kHandshakesFailed, stats_.tls_handshakes_failed);
  own.Add(Metric::kReloadSuccessful, stats_.config_reload_successful ? 1.0 : 0.0);
  own.Add(Metric::kReloadTime, stats_.config_reload_success_time_seconds);
  own.Add(Metric::kScrapeDuration, stats_.last_scrape_duration_seconds);
  own.Add(Metric::kStateSaves, stats_.state_saves);
  own.Add(Metric::kStateSaveFailures, stats_.state_save_failures);
  own.Add(Metric::kStateLoads, "outcome", stats_.state_loads);
  own.Add(Metric::kClockJumps, "direction", stats_.clock_jumps);
  return own.Take();
}

}  // namespace lossd::exporter
