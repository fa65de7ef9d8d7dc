#include "readers/job_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <utility>
#include <vector>

namespace lossd::readers {
namespace {

constexpr std::array<std::string_view, 41> kGenericNames = {
    "train",          "training", "log",     "logs",          "output",     "outputs",    "out",
    "stdout",         "stderr",   "console", "metric",        "metrics",    "result",     "results",
    "history",        "progress", "nohup",   "slurm",         "events",     "loss",       "losses",
    "trainer",        "run",      "runs",    "trainer_state", "default",    "latest",     "main",
    "lightning_logs", "file",     "files",   "wandb",         "latest-run", "hydra",      "multirun",
    "tensorboard",    "tb",       "tb_logs", "eval",          "debug",      "all_results"};
/// Generic with a number behind them, too; "run2" and "train2" tell two jobs apart and are not.
constexpr std::array<std::string_view, 7> kNumberedNames = {"rank",    "worker", "node",  "attempt",
                                                            "version", "slurm",  "events"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool IsGeneric(std::string_view name) {
  const std::string lower = Lower(name);
  if (lower.starts_with("events.out.tfevents")) return true;
  std::string_view word = lower;
  while (!word.empty() && (IsDigit(word.back()) || word.back() == '_' || word.back() == '-')) word.remove_suffix(1);
  const auto has = [](const auto& names, std::string_view key) {
    return std::find(names.begin(), names.end(), key) != names.end();
  };
  return word.empty() || has(kNumberedNames, word) || has(kGenericNames, lower);
}

/// A directory that tells runs of one experiment apart and says nothing by itself: a date, a time, a number, version_3.
/// Processes of one run (rank_0) are told apart elsewhere.
bool TellsRunsApart(std::string_view name) {
  const std::string lower = Lower(name);
  return lower.starts_with("version") ? IsDigit(lower.back()) : !lower.empty() && IsDigit(lower.front());
}

std::string_view WithoutLogExtension(std::string_view name) {
  for (const std::string_view ending : kLogEndings) {
    if (name.size() > ending.size() && Lower(name.substr(name.size() - ending.size())) == ending) {
      return name.substr(0, name.size() - ending.size());
    }
  }
  return name;
}

std::string_view WithoutSuffix(std::string_view path, std::string_view suffix) {
  return path.size() > suffix.size() && path.ends_with(suffix) ? path.substr(0, path.size() - suffix.size()) : path;
}

}  // namespace

std::string_view WithoutRotationSuffix(std::string_view path) {
  for (const std::string_view suffix : {".gz", ".old", ".bak"}) path = WithoutSuffix(path, suffix);
  // What logrotate and Python's handlers append: a separator, then digits, perhaps with separators inside, up to the
  // end.
  std::size_t start = path.size();
  std::size_t digits = 0;
  while (start > 0 && (IsDigit(path[start - 1]) || path[start - 1] == '-' || path[start - 1] == '_' ||
                       path[start - 1] == ':' || path[start - 1] == 'T')) {
    --start;
    if (IsDigit(path[start])) ++digits;
  }
  if (digits == 0 || start == 0) return path;
  // "log.1": a short number needs the dot; "log-20260131" and "log.2026-01-31": a date is one behind any separator.
  if (path[start - 1] == '.' && start > 1 && path[start - 2] != '/') return path.substr(0, start - 1);
  if (digits >= 8 && (path[start] == '-' || path[start] == '_') && path[start - 1] != '/') return path.substr(0, start);
  return path;
}

std::string RunPath(std::string_view path) {
  constexpr std::string_view kCheckpoint = "checkpoint-", kEventFile = "events.out.tfevents";
  const std::size_t file = path.rfind('/');
  if (path.substr(file + 1).starts_with(kEventFile)) return std::string(path.substr(0, file + 1 + kEventFile.size()));
  if (file == std::string_view::npos || file == 0) return std::string(path);
  const std::size_t above = path.rfind('/', file - 1);
  const std::size_t begin = above == std::string_view::npos ? 0 : above + 1;
  const std::string_view directory = path.substr(begin, file - begin);
  const bool is_checkpoint = directory.size() > kCheckpoint.size() && directory.starts_with(kCheckpoint) &&
                             std::all_of(directory.begin() + kCheckpoint.size(), directory.end(), IsDigit);
  if (!is_checkpoint) return std::string(path);
  return std::string(path.substr(0, begin)) + std::string(path.substr(file + 1));
}

std::vector<std::string> JobNameCandidates(std::string_view path) {
  if (path == "-" || path == "-stderr") return {"stdin"};
  std::vector<std::string_view> names;  // from the file upwards
  for (std::string_view rest = WithoutRotationSuffix(path); !rest.empty();) {
    const std::size_t slash = rest.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? rest : rest.substr(slash + 1);
    if (!name.empty() && name != "." && name != "..") names.push_back(name);
    if (slash == std::string_view::npos) break;
    rest = rest.substr(0, slash);
  }
  if (names.empty()) return {std::string(path)};
  names.front() = WithoutLogExtension(names.front());

  std::size_t chosen = 0;
  while (chosen + 1 < names.size() && IsGeneric(names[chosen])) ++chosen;
  if (IsGeneric(names[chosen])) chosen = 0;
  std::string job(names[chosen]);
  for (std::size_t below = chosen; below-- > 1;) {
    if (TellsRunsApart(names[below])) job.append("-").append(names[below]);
  }
  std::vector<std::string> candidates = {job};
  // A directory's name that is taken leaves the file's own name as the nearest difference.
  if (chosen > 0) candidates.push_back(job += "-" + std::string(names.front()));
  for (std::size_t above = chosen + 1; above < names.size(); ++above)
    candidates.push_back(job = std::string(names[above]) + "-" + job);
  return candidates;
}

std::string JobName(std::string_view path, const std::function<bool(const std::string&)>& taken) {
  std::vector<std::string> candidates = JobNameCandidates(path);
  const auto free = std::ranges::find_if_not(candidates, taken);
  return std::move(free == candidates.end() ? candidates.back() : *free);
}

std::set<std::string> ContestedNames(const std::vector<std::string>& paths) {
  struct Log {
    std::vector<std::string> candidates;
    std::size_t at = 0;
  };
  std::map<std::string, Log, std::less<>> logs;  // by the path of their run
  for (const std::string& path : paths) {
    std::string run = RunPath(WithoutRotationSuffix(path));
    if (!logs.contains(run)) logs.emplace(run, Log{JobNameCandidates(run)});
  }
  std::set<std::string> contested;
  for (bool more = logs.size() > 1; more;) {
    more = false;
    std::map<std::string_view, std::size_t> wanted;
    for (const auto& [run, log] : logs) ++wanted[log.candidates[log.at]];
    for (auto& [run, log] : logs) {
      const std::string& name = log.candidates[log.at];
      if (log.at + 1 == log.candidates.size() || (wanted[name] == 1 && !contested.contains(name))) continue;
      contested.insert(name);
      ++log.at;
      more = true;
    }
  }
  return contested;
}

}  // namespace lossd::readers
