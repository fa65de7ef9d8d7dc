// What the status page shows of the program itself.
#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sample.h"

namespace lossd::web {

struct Status {
  std::vector<std::pair<std::string, std::string>> build;  ///< version, revision, compiler ...
  std::vector<std::pair<std::string, std::string>> flags;  ///< each with its value
  std::vector<std::pair<std::string, std::string>>
      config;  ///< the keys that the configuration gives, with their values
  core::Timestamp start;
  std::size_t history_bytes = 0;
  std::vector<prometheus::MetricFamily> own;  ///< our own metrics
};

/// Whether what a key is set to must not be shown.
bool IsSecret(std::string_view key);

/// `{"now":…,"start_time_seconds":…,"history_bytes":…,"build":{…},"flags":{…},"config":{…},"sources":[{"path":…,
/// "training_job":…,METRIC: value…}],"counts":[["name{label=\"value\"}",value]…]}`. Own metrics that have a label
/// `path` are told as sources, the others as counts; what is secret in the configuration is "<hidden>".
std::string StatusJson(const Status& status, core::Timestamp now);

}  // namespace lossd::web
