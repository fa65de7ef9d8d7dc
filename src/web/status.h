// What the status page shows of the program itself.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sample.h"

namespace lossd::web {

/// What a source of samples tells beside its counters.
struct SourceDetail {
  std::string path;  ///< as in the label of its counters
  std::string job;
  std::uint64_t bytes_read = 0;
  std::vector<std::pair<std::string, std::string>> ignored;  ///< the last lines without a sample: reason and text
  std::vector<std::string> silence;  ///< why nothing is read from it, the likeliest first; empty where all is well
};

struct Status {
  std::vector<std::pair<std::string, std::string>> build;  ///< version, revision, compiler ...
  std::vector<std::pair<std::string, std::string>> flags;  ///< each with its value
  std::vector<std::pair<std::string, std::string>>
      config;  ///< the keys that the configuration gives, with their values
  core::Timestamp start;
  std::size_t history_bytes = 0;
  std::vector<prometheus::MetricFamily> own;  ///< our own metrics
  std::vector<SourceDetail> details;
};

inline constexpr std::size_t kMaxIgnored = 60;

/// Whether what a key is set to must not be shown.
bool IsSecret(std::string_view key);

/// `{"now":…,"start_time_seconds":…,"history_bytes":…,"build":{…},"flags":{…},"config":{…},"sources":[{"path":…,
/// "training_job":…,"bytes_read":…,"silence":[reason…],METRIC: value…}],"ignored":[{"path":…,"reason":…,"text":…}],
/// "counts":[["name{label=\"value\"}",value]…]}`. Own metrics that have a label `path` are told as sources, the others
/// as counts; what is secret in the configuration is "<hidden>". Of lines that gave no sample the newest come first,
/// `kMaxIgnored` at most, those of sources that nothing is read from before the others.
std::string StatusJson(const Status& status, core::Timestamp now);

}  // namespace lossd::web
