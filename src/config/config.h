// The configuration: what an operator may set, with every default in place.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "core/series_tracker.h"
#include "http/server_options.h"
#include "sources/files/tailer.h"

namespace lossd::config {

/// What the series of some jobs mean. Both patterns are RE2, matched against the whole name.
struct SeriesRule {
  std::string training_job = ".*";
  std::string loss = ".*";
  core::ClassifierOptions classifier;
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
  sources::TailerOptions follow;
  bool inotify = true;  ///< be woken by the kernel where it can tell; polling goes on all the same
  http::ServerOptions http;
  StorageOptions storage;
  ShutdownOptions shutdown;
};

/// The series rules as the job table wants them. The patterns are taken as valid (ParseConfig has looked at them).
core::ClassifierRule MakeClassifierRule(const std::vector<SeriesRule>& rules);

/// How the log at `path` is read when it is given as an argument: as the first entry of `files` with that very path
/// says, else by itself.
records::ReaderOptions ReaderFor(const Config& config, std::string_view path);

/// What a key of the configuration takes.
struct ConfigKey {
  enum class Type : std::uint8_t { kText, kFlag, kCount, kNumber, kSize, kTime, kChoice, kTexts, kCounts, kMap, kList };
  Type type = Type::kText;
  std::string fallback;                   ///< the default, as it would be written
  double min = 0, max = 0;                ///< kCount, kNumber, kCounts
  std::vector<std::string> choices = {};  ///< kChoice
};

struct ConfigError {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0 where the error has no place (the file cannot be read)
  std::string key;           ///< dotted, with positions in lists: "files[0].path"; "" for the document itself
  std::string reason;

  /// `file:line:column: key: reason`, without the parts that are absent.
  std::string Text() const;
};

/// What a document said. With any error, `config` is not to be used.
struct ConfigDocument {
  Config config;
  std::vector<ConfigError> errors;           ///< all of them, in order of their place
  std::map<std::string, std::string> given;  ///< every key in the document ("files[].path") and its value, normalised
};

/// Reads a YAML document. `file` is only for messages. An empty document is the default configuration.
ConfigDocument ParseConfig(std::string_view yaml, const std::string& file);
/// Reads the file at `path`; one that cannot be read is one error.
ConfigDocument LoadConfig(const std::string& path);

/// Every key ("files[].path") with what it takes.
std::map<std::string, ConfigKey> ConfigKeys();
/// Every key with its default, as it would be written.
std::map<std::string, std::string> ConfigDefaults();

}  // namespace lossd::config
