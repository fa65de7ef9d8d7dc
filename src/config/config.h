// The configuration: what an operator may set, with every default in place.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/config_error.h"
#include "config/yaml/config_key.h"
#include "core/job_table.h"
#include "core/series_tracker.h"
#include "http/server_options.h"
#include "metrics/catalog.h"
#include "sources/files/tailer.h"

namespace lossd::config {

/// What the series of some jobs mean. Both patterns are RE2, matched against the whole name.
struct SeriesRule {
  std::string training_job = ".*";
  std::string loss = ".*";
  core::Profile profile = core::Profile::kLoss;
  std::optional<core::Direction> direction = {};  ///< absent: by the role
  std::optional<core::Role> role = {};            ///< absent: by the name of the series
};

struct StorageOptions {
  std::chrono::nanoseconds save_interval = std::chrono::seconds(30);  ///< with --storage.path: what a crash may cost
};

struct ShutdownOptions {
  std::chrono::nanoseconds drain_timeout = std::chrono::seconds(5);  ///< for requests under way, after SIGTERM
  /// How long the last values stay scrapeable after standard input (`lossd -`) or the child (`lossd exec`) has ended: a
  /// scrape interval, so that Prometheus sees how training ended.
  std::chrono::nanoseconds exit_grace = std::chrono::seconds(15);
};

struct Config {
  std::vector<sources::SourceOptions> files;
  std::vector<SeriesRule> series;  ///< the first that fits a series decides; none: an ordinary loss
  core::Labels external_labels;    ///< given to every job; a label of the job's own wins
  core::TrackerOptions tracker;
  core::JobLimits jobs;
  core::HistoryOptions history;  ///< what the pages draw
  metrics::MetricSet left_out;   ///< metrics that no page and no receiver gets
  sources::TailerOptions follow;
  bool inotify = true;  ///< be woken by the kernel where it can tell; polling goes on all the same
  http::ServerOptions http;
  StorageOptions storage;
  ShutdownOptions shutdown;
  std::map<std::string, std::string> given;  ///< see ConfigDocument::given; only to be shown
};

/// What every series means: by the first rule that fits, and by its name where that leaves it open. The patterns are
/// taken as valid (ParseConfig has looked at them).
core::ClassifierRule MakeClassifierRule(const std::vector<SeriesRule>& rules);

/// How the log at `path` is read when it is given as an argument: as the first entry of `files` with that very path
/// says, else by itself.
records::ReaderOptions ReaderFor(const Config& config, std::string_view path);

/// What a document said. With any error, `config` is not to be used.
struct ConfigDocument {
  Config config;
  std::vector<ConfigError> errors;           ///< all of them, in order of their place
  std::map<std::string, std::string> given;  ///< every key in the document ("files[].path") and its value, normalised
};

class YamlSection;

/// How parts of the program that keep options of their own (a protocol, a source) read them: each asks the document's
/// mapping for its keys. Called once for each document that is read, whether it is refused or not.
using ConfigReaders = std::vector<std::function<void(YamlSection& document)>>;

/// Reads a YAML document. `file` is only for messages. An empty document is the default configuration.
ConfigDocument ParseConfig(std::string_view yaml, const std::string& file, const ConfigReaders& others = {});
/// Reads the file at `path`; one that cannot be read is one error.
ConfigDocument LoadConfig(const std::string& path, const ConfigReaders& others = {});

/// Every key ("files[].path") with what it takes.
std::map<std::string, ConfigKey> ConfigKeys(const ConfigReaders& others = {});

}  // namespace lossd::config
