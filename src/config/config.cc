#include "config/config.h"

#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include "config/yaml/yaml_document.h"
#include "core/name_rules.h"
#include "records/series_names.h"
#include "sources/reader_keys.h"

namespace lossd::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxWindow = 100'000, kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;
constexpr auto kLongest = hours(24 * 365 * 10);

std::string CheckLabelName(const std::string& name) {
  if (name.starts_with("__")) return "label names that begin with __ are reserved";
  if (core::IsReservedLabel(name)) return "lossd or Prometheus writes this label itself";
  return core::IsLabelName(name) ? "" : "not a label name: letters, digits and _ only, no digit first";
}

std::string CheckLabelValue(const std::string& value) {
  return core::IsText(value, value.size()) ? "" : "want UTF-8 without NUL";
}

std::string CheckPath(const std::string& path) {
  if (path.empty()) return "must not be empty";
  sources::SourceOptions source;
  source.path = path;
  return sources::CheckSource(source).value_or("");
}

std::string CheckPattern(const std::string& pattern) {
  const RE2 compiled(pattern, RE2::Quiet);
  return compiled.ok() ? "" : "bad regular expression: " + compiled.error();
}

std::string CheckLossPattern(const std::string& pattern) {
  const RE2 compiled(pattern, RE2::Quiet);
  if (!compiled.ok()) return "bad regular expression: " + compiled.error();
  return compiled.NamedCapturingGroups().contains("loss") ? "" : "has no group (?P<loss>...)";
}

std::string CheckPathPattern(const std::string& pattern) {
  const RE2 compiled(pattern, RE2::Quiet);
  if (!compiled.ok()) return "bad regular expression: " + compiled.error();
  if (!pattern.empty() && compiled.NamedCapturingGroups().empty()) return "has no named group, so it gives no label";
  for (const auto& [name, position] : compiled.NamedCapturingGroups()) {
    if (name == "training_job") continue;
    if (const std::string reason = CheckLabelName(name); !reason.empty()) return "group " + name + ": " + reason;
  }
  return "";
}

void ReadPattern(YamlSection& section, records::PatternOptions& pattern) {
  if (!section.Has("regex")) section.Fail("regex", "is missing");
  section.Text("regex", pattern.regex, CheckLossPattern);
  section.Text("series", pattern.series,
               [](const std::string& name) { return name.empty() ? std::string("must not be empty") : ""; });
}

void ReadSource(YamlSection& section, sources::SourceOptions& source) {
  auto preset = static_cast<std::size_t>(source.preset);
  section.Choice("preset", preset, {"none", "kubernetes_pods"});
  source.preset = static_cast<sources::Preset>(preset);
  if (source.preset == sources::Preset::kKubernetesPods) {
    source.path = sources::kPodLogs;
    if (section.Has("path_regex")) section.Fail("path_regex", "the preset kubernetes_pods brings its own");
  } else if (!section.Has("path")) {
    section.Fail("path", "is missing");
  }
  section.Text("path", source.path, CheckPath);
  section.Texts("exclude", source.exclude, CheckPath);
  section.Text("training_job", source.job);
  section.Map("labels", source.labels, CheckLabelName, CheckLabelValue);
  section.Text("path_regex", source.path_regex, CheckPathPattern);
  section.Flag("from_end", source.from_end);
  section.Time("max_age", source.max_age, seconds(0), kLongest);
  section.List("patterns", [&source](YamlSection& item) { ReadPattern(item, source.reader.patterns.emplace_back()); });
  sources::ReadKeys(section, source.reader);
}

void ReadSeriesRule(YamlSection& section, SeriesRule& rule) {
  section.Text("training_job", rule.training_job, CheckPattern);
  section.Text("loss", rule.loss, CheckPattern);
  auto profile = static_cast<std::size_t>(rule.profile);
  section.Choice("profile", profile, {"loss", "trendless"});
  rule.profile = static_cast<core::Profile>(profile);
  std::size_t role = 0;
  section.Choice("role", role, {"by_name", "whole", "part", "average", "adversarial", "policy", "reward"});
  if (role > 0) rule.role = core::kRoles[role - 1];
  std::size_t direction = 0;
  section.Choice("direction", direction, {"by_role", "lower_is_better", "higher_is_better"});
  if (direction > 0) rule.direction = static_cast<core::Direction>(direction - 1);
}

void ReadTracker(YamlSection& section, core::TrackerOptions& tracker) {
  section.Count("window", tracker.window, 2, kMaxWindow);
  section.Counts("windows", tracker.windows, 2, kMaxWindow);
  section.Number("half_life", tracker.half_life, 0.1, 1e6);
}

void ReadJobs(YamlSection& section, core::JobLimits& jobs) {
  section.Time("ttl", jobs.ttl, seconds(1), kLongest);
  section.Time("finished_ttl", jobs.finished_ttl, seconds(0), kLongest);
  section.Time("trouble_ttl", jobs.trouble_ttl, seconds(0), kLongest);
  section.Time("stall_after", jobs.stall_after, seconds(0), kLongest);
  section.Count("max_jobs", jobs.max_jobs, 1, 1'000'000);
  section.Count("max_series_per_job", jobs.max_series_per_job, 1, 100'000);
  section.Count("max_series", jobs.max_series, 1, 10'000'000);
  section.Size("max_label_size", jobs.max_label_bytes, 1 * kKiB, 64 * kGiB);
  section.Size("max_name_size", jobs.max_name_bytes, 1, 64 * kKiB);
  section.Count("max_labels", jobs.max_labels, 0, 1000);
}

/// The metrics whose whole name `pattern` matches; none where it is broken.
metrics::MetricSet MetricsNamed(const std::string& pattern) {
  metrics::MetricSet found;
  const RE2 compiled(pattern, RE2::Quiet);
  for (std::size_t i = 0; compiled.ok() && i < metrics::kMetricCount; ++i) {
    const std::string_view name = metrics::kCatalog[i].name;
    if (RE2::FullMatch(re2::StringPiece(name.data(), name.size()), compiled)) found.set(i);
  }
  return found;
}

std::string CheckMetricPattern(const std::string& pattern) {
  if (std::string reason = CheckPattern(pattern); !reason.empty()) return reason;
  return MetricsNamed(pattern).any() ? "" : "no metric has such a name";
}

void ReadMetrics(YamlSection& section, metrics::MetricSet& left_out) {
  std::vector<std::string> patterns;
  section.Texts("exclude", patterns, CheckMetricPattern);
  for (const std::string& pattern : patterns) left_out |= MetricsNamed(pattern);
}

void ReadFollow(YamlSection& section, sources::TailerOptions& follow, bool& inotify) {
  section.Size("max_line_size", follow.max_line_bytes, 256, 64 * kMiB);
  section.Size("bytes_per_turn", follow.bytes_per_turn, 4 * kKiB, kGiB);
  section.Count("max_files", follow.max_files, 1, 1'000'000);
  section.Time("discovery_interval", follow.discovery_interval, milliseconds(10), hours(24));
  section.Time("busy_interval", follow.busy_interval, milliseconds(1), hours(1));
  section.Time("idle_interval", follow.idle_interval, milliseconds(1), hours(1));
  section.Count("looks_per_second", follow.looks_per_second, 1, 1'000'000);
  section.Flag("inotify", inotify);
  section.Count("max_open_files", follow.max_open_files, 1, 1'000'000);
  section.Time("close_after", follow.close_after, milliseconds(1), hours(24));
  section.Time("rotated_silence", follow.rotated_silence, seconds(0), hours(24));
  if (follow.busy_interval > follow.idle_interval)
    section.Fail("busy_interval", "must not be longer than idle_interval");
}

void ReadHttp(YamlSection& section, http::ServerOptions& http) {
  section.Size("max_body_size", http.max_body_bytes, kKiB, kGiB);
  section.Size("max_header_size", http.max_header_bytes, kKiB, kMiB);
  section.Count("max_connections", http.max_connections, 1, 100'000);
  section.Time("header_timeout", http.header_timeout, milliseconds(100), hours(1));
  section.Time("body_timeout", http.body_timeout, milliseconds(100), hours(1));
  section.Time("idle_timeout", http.idle_timeout, milliseconds(100), hours(24));
  section.Time("write_timeout", http.write_timeout, milliseconds(100), hours(1));
}

/// What every sample would be rejected for.
void CheckLabels(YamlSection& section, const std::string& key, const core::Labels& labels,
                 const core::JobLimits& limits) {
  if (labels.size() > limits.max_labels) section.Fail(key, "more labels than jobs.max_labels lets a job have");
  for (const auto& [name, value] : labels) {
    if (std::max(name.size(), value.size()) > limits.max_name_bytes) {
      section.Fail(key, "the label " + name + " is longer than jobs.max_name_size");
    }
  }
}

void ReadConfig(YamlSection& section, Config& config, const ConfigReaders& others) {
  section.List("files", [&](YamlSection& item) { ReadSource(item, config.files.emplace_back()); });
  section.List("series", [&](YamlSection& item) { ReadSeriesRule(item, config.series.emplace_back()); });
  section.Map("external_labels", config.external_labels, CheckLabelName, CheckLabelValue);
  section.Section("tracker", [&](YamlSection& tracker) { ReadTracker(tracker, config.tracker); });
  section.Section("jobs", [&](YamlSection& jobs) { ReadJobs(jobs, config.jobs); });
  section.Section("history", [&](YamlSection& history) {
    history.Count("points", config.history.points, 0, 65'536);
    history.Size("max_size", config.history.max_bytes, 0, 64 * kGiB);
  });
  section.Section("metrics", [&](YamlSection& metrics) { ReadMetrics(metrics, config.left_out); });
  section.Section("follow", [&](YamlSection& follow) { ReadFollow(follow, config.follow, config.inotify); });
  section.Section("http", [&](YamlSection& http) { ReadHttp(http, config.http); });
  section.Section("storage", [&](YamlSection& storage) {
    storage.Time("save_interval", config.storage.save_interval, seconds(1), hours(24));
  });
  section.Section("shutdown", [&](YamlSection& shutdown) {
    shutdown.Time("drain_timeout", config.shutdown.drain_timeout, seconds(0), hours(1));
    shutdown.Time("exit_grace", config.shutdown.exit_grace, seconds(0), hours(24));
  });
  CheckLabels(section, "external_labels", config.external_labels, config.jobs);
  for (const sources::SourceOptions& source : config.files) CheckLabels(section, "files", source.labels, config.jobs);
  for (const auto& read : others) read(section);
}

core::SeriesMeaning MeaningBy(const SeriesRule& rule, std::string_view loss) {
  const core::Role role = rule.role.value_or(records::RoleOf(loss));
  const bool reward = role == core::Role::kReward;
  const core::Direction usual = reward ? core::Direction::kHigherIsBetter : core::Direction::kLowerIsBetter;
  return {.classifier = {.profile = rule.profile,
                         .direction = rule.direction.value_or(usual),
                         .role = role,
                         .evaluation = records::IsEvaluation(loss)},
          .training = records::TrainingCounterparts(loss)};
}

/// `get` hands what it finds to the reader that it is given.
template <typename Get>
ConfigDocument DocumentOf(const Get& get, const ConfigReaders& others) {
  ConfigDocument document;
  YamlFindings findings = get([&](YamlSection& section) { ReadConfig(section, document.config, others); });
  document.errors = std::move(findings.errors);
  document.given = std::move(findings.given);
  document.config.given = document.given;
  return document;
}

}  // namespace

core::ClassifierRule MakeClassifierRule(const std::vector<SeriesRule>& rules) {
  struct Compiled {
    explicit Compiled(const SeriesRule& given) : training_job(given.training_job), loss(given.loss), rule(given) {}
    RE2 training_job, loss;
    SeriesRule rule;
  };
  // Shared because std::function copies what it holds, and a compiled pattern cannot be copied.
  auto compiled = std::make_shared<std::vector<std::unique_ptr<Compiled>>>();
  for (const SeriesRule& rule : rules) compiled->push_back(std::make_unique<Compiled>(rule));
  return [compiled](std::string_view job, std::string_view loss) {
    for (const auto& rule : *compiled) {
      if (RE2::FullMatch(re2::StringPiece(job.data(), job.size()), rule->training_job) &&
          RE2::FullMatch(re2::StringPiece(loss.data(), loss.size()), rule->loss)) {
        return MeaningBy(rule->rule, loss);
      }
    }
    return MeaningBy({}, loss);
  };
}

records::ReaderOptions ReaderFor(const Config& config, std::string_view path) {
  const auto source = std::ranges::find(config.files, path, &sources::SourceOptions::path);
  return source == config.files.end() ? records::ReaderOptions{} : source->reader;
}

ConfigDocument ParseConfig(std::string_view yaml, const std::string& file, const ConfigReaders& others) {
  return DocumentOf([&](const auto& read) { return ReadYaml(yaml, file, read); }, others);
}

ConfigDocument LoadConfig(const std::string& path, const ConfigReaders& others) {
  return DocumentOf([&](const auto& read) { return LoadYaml(path, read); }, others);
}

std::map<std::string, ConfigKey> ConfigKeys(const ConfigReaders& others) {
  Config config;
  return YamlKeys([&](YamlSection& section) { ReadConfig(section, config, others); });
}

}  // namespace lossd::config
