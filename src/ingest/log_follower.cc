#include "ingest/log_follower.h"

#include <algorithm>
#include <array>
#include <deque>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "ingest/error_name.h"
#include "ingest/file_discovery.h"
#include "ingest/followed_file.h"
#include "ingest/glob.h"
#include "ingest/job_name.h"
#include "ingest/path_rule.h"
#include "ingest/posix_file_system.h"

namespace lossd::ingest {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kReadChunk = 256 * 1024;
constexpr nanoseconds kLongestBackoff = std::chrono::seconds(5);
/// A file found later than at start is news, unless nobody has written to it for this long.
constexpr nanoseconds kOldNews = std::chrono::minutes(1);
constexpr std::size_t kRememberedFiles = 20000;

FileIdentity IdentityOf(const FileStatus& status) { return {status.device, status.inode}; }

}  // namespace

struct LogFollower::Impl {
  struct Source {
    SourceOptions options;
    std::vector<Glob> excludes;
    PathRule rule;
    bool told_directory = false;
  };

  /// A path that is followed, and the files found at it one after the other.
  struct Log {
    std::uint64_t number = 0;
    const Source* source = nullptr;
    std::string path;
    std::string job;
    core::Labels labels;
    /// Oldest first. All but the last are no longer at the path; the last may be gone from it, too (`attached` is false
    /// then).
    std::deque<FollowedFile> generations;
    bool attached = false;
    bool first_look = true;
    bool known_at_start = false;
    nanoseconds due{0};
    std::uint64_t turn = 0;  ///< with `due`, the place in the queue: who has waited longer comes first
    nanoseconds last_growth{0};
    nanoseconds backoff{0};
    std::error_code error;
    LineCounts counts;
    std::uint64_t rotations = 0, truncations = 0;
  };

  FileSystem& files;
  FollowerOptions options;
  std::vector<Source> sources;
  std::map<std::string, std::unique_ptr<Log>> logs;  ///< by path
  std::set<std::tuple<nanoseconds, std::uint64_t, Log*>> queue;
  std::map<FileIdentity, Log*> owners;  ///< of the files in some log's generations
  /// Files that were read and are open no more; also those of an earlier process that have not been met again.
  struct Remembered {
    FilePosition position;
    std::uint64_t file = 0;  ///< its number, 0 for those of an earlier process
    std::uint64_t order = 0;
  };
  std::map<FileIdentity, Remembered> remembered;
  std::map<std::string, std::string> restored_jobs;  ///< path -> job's name in an earlier process
  std::set<std::string> job_names;
  std::set<std::string> directories;
  std::set<std::string> reported_directories;
  std::vector<char> buffer = std::vector<char>(kReadChunk);
  std::uint64_t last_file = 0, last_turn = 0, last_log = 0;
  nanoseconds next_discovery{0};
  bool discovered_once = false;
  FollowerStats totals;

  Impl(FileSystem& file_system, std::vector<SourceOptions> source_options, FollowerOptions follower_options)
      : files(file_system), options(follower_options) {
    for (SourceOptions& source : source_options) {
      std::vector<Glob> excludes;
      for (const std::string& exclude : source.exclude) excludes.emplace_back(exclude);
      PathRule rule(source.path_regex);
      sources.push_back({std::move(source), std::move(excludes), std::move(rule)});
    }
  }

  // --- what is there to follow ---

  void LookForFiles(core::Instant now, Turn& turn) {
    directories.clear();
    for (Source& source : sources) {
      const Discovered found = Discover(files, source.options.path, source.excludes);
      directories.insert(found.directories.begin(), found.directories.end());
      if (found.is_directory && !std::exchange(source.told_directory, true)) {
        turn.notices.push_back(
            {FollowerNotice::Kind::kFound, source.options.path, "a directory: following the logs in it"});
      }
      for (const Discovered::Error& error : found.errors) {
        ++totals.errors[ErrorName(error.code)];
        if (reported_directories.insert(error.path).second) {
          turn.notices.push_back({FollowerNotice::Kind::kError, error.path, error.code.message()});
        }
      }
      for (const std::string& path : found.paths) AddLog(source, path, now, turn);
    }
    discovered_once = true;
    next_discovery = now.steady + options.discovery_interval;
  }

  void AddLog(const Source& source, const std::string& path, core::Instant now, Turn&) {
    if (logs.contains(path)) return;
    if (source.options.max_age.count() > 0) {
      const auto status = files.Status(path);
      const nanoseconds age = now.wall.time_since_epoch() - nanoseconds(status ? status->modified_ns : 0);
      if (status && age > source.options.max_age) return;
    }
    if (logs.size() >= options.max_files) {
      ++totals.files_refused;
      return;
    }
    auto log = std::make_unique<Log>();
    log->number = ++last_log;
    log->source = &source;
    log->path = path;
    log->known_at_start = !discovered_once;
    log->last_growth = now.steady;
    PathRule::Result named = source.rule.Apply(path);
    log->labels = source.options.labels;
    for (auto& [name, value] : named.labels) log->labels.insert_or_assign(name, std::move(value));
    log->job = NameJob(source, path, std::move(named.job));
    job_names.insert(log->job);
    Schedule(*log, now.steady);
    logs.emplace(path, std::move(log));
  }

  std::string NameJob(const Source& source, const std::string& path, std::string from_path) {
    if (!from_path.empty()) return from_path;
    if (!source.options.job.empty()) return source.options.job;
    if (const auto restored = restored_jobs.find(path); restored != restored_jobs.end()) return restored->second;
    // Generations of one rotated log are one job.
    const std::string_view base = WithoutRotationSuffix(path);
    if (const auto log = logs.find(std::string(base)); log != logs.end()) return log->second->job;
    return JobName(path, [&](const std::string& name) { return job_names.contains(name); });
  }

  // --- the queue ---

  void Schedule(Log& log, nanoseconds due) {
    queue.erase({log.due, log.turn, &log});
    log.due = due;
    log.turn = ++last_turn;
    queue.insert({log.due, log.turn, &log});
  }

  nanoseconds IdleInterval() const {
    const nanoseconds fair = std::chrono::seconds(1) * static_cast<std::int64_t>(logs.size()) /
                             static_cast<std::int64_t>(std::max<std::size_t>(options.looks_per_second, 1));
    return std::max(options.idle_interval, fair);
  }

  void ScheduleNextLook(Log& log, core::Instant now) {
    nanoseconds wait = std::clamp((now.steady - log.last_growth) / 4, options.busy_interval, IdleInterval());
    if (log.error) {
      log.backoff =
          std::clamp(log.backoff * 2, options.busy_interval, std::max(kLongestBackoff, options.idle_interval));
      // A file that is not there yet may come any moment; one that fails is left in peace for longer each time.
      wait = log.error == std::errc::no_such_file_or_directory ? std::min(log.backoff, IdleInterval()) : log.backoff;
    }
    Schedule(log, now.steady + wait);
  }

  // --- one look at one log ---

  void Failed(Log& log, std::error_code error, Turn& turn) {
    ++totals.errors[ErrorName(error)];
    if (log.error == error) return;
    if (!log.error) {
      const bool missing = error == std::errc::no_such_file_or_directory;
      const bool was_there = !log.generations.empty();
      turn.notices.push_back({missing ? (was_there ? FollowerNotice::Kind::kGone : FollowerNotice::Kind::kMissing)
                                      : FollowerNotice::Kind::kError,
                              log.path, error.message()});
    }
    log.error = error;
  }

  void Succeeded(Log& log, Turn& turn) {
    if (log.error) turn.notices.push_back({FollowerNotice::Kind::kRecovered, log.path, ""});
    log.error = {};
    log.backoff = nanoseconds{0};
  }

  /// Returns whether bytes are left unread.
  bool Look(Log& log, core::Instant now, std::size_t& budget, Turn& turn) {
    const auto status = files.Status(log.path);
    std::error_code error;
    if (!status) {
      error = status.error();
      if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) log.attached = false;
    } else if (status->kind == FileKind::kDirectory) {
      error = std::make_error_code(std::errc::is_a_directory);
      log.attached = false;
    } else if (status->kind == FileKind::kOther && log.path != kStandardInput) {
      error = std::make_error_code(std::errc::invalid_argument);
      log.attached = false;
    } else {
      Arrive(log, *status, now, turn);
    }
    const bool more = ReadGenerations(log, now, budget, turn, error);
    if (error) {
      Failed(log, error, turn);
    } else {
      Succeeded(log, turn);
    }
    log.first_look = false;
    return more;
  }

  /// The path names the file that `status` tells of: the one we know, or another.
  void Arrive(Log& log, const FileStatus& status, core::Instant now, Turn& turn) {
    const FileIdentity identity = IdentityOf(status);
    if (!log.generations.empty() && log.generations.back().identity() == identity) {
      log.attached = true;
      log.generations.back().Saw(status);
      return;
    }
    if (const auto owner = owners.find(identity); owner != owners.end()) {
      // The same file by another name (a hard or symbolic link, or a rotated file that the glob finds too): read once,
      // over there.
      log.attached = false;
      return;
    }
    if (!log.generations.empty()) {
      ++log.rotations;
      ++totals.rotations;
      turn.notices.push_back({FollowerNotice::Kind::kRotated, log.path, ""});
    } else if (log.first_look) {
      turn.notices.push_back({FollowerNotice::Kind::kFound, log.path, "job " + log.job});
    }
    Follow(log, status, now);
  }

  void Follow(Log& log, const FileStatus& status, core::Instant now) {
    FilePosition position;
    position.identity = IdentityOf(status);
    std::uint64_t number = 0;
    bool resumed = false;
    if (const auto known = remembered.find(position.identity); known != remembered.end()) {
      position = known->second.position;
      number = known->second.file;
      remembered.erase(known);
      resumed = true;
    }
    position.path = log.path;
    position.job = log.job;
    if (!log.generations.empty()) position.primer = log.generations.back().header();
    const bool from_end = log.source->options.from_end && log.known_at_start && log.first_look && !resumed &&
                          status.kind == FileKind::kRegular;
    if (from_end) position.offset = status.size;
    const nanoseconds age = now.wall.time_since_epoch() - nanoseconds(status.modified_ns);
    const bool history = log.first_look && (log.known_at_start || age > kOldNews);
    FollowedFile& file = log.generations.emplace_back(number != 0 ? number : ++last_file, std::move(position),
                                                      log.labels, log.source->options.reader, options.max_line_bytes);
    if (history && status.kind == FileKind::kRegular) file.SetHistoryEnd(status.size);
    if (from_end && status.size > 0) file.SkipFirstLine();
    file.Saw(status);
    owners[file.identity()] = &log;
    log.attached = true;
    log.last_growth = now.steady;
  }

  bool ReadGenerations(Log& log, core::Instant now, std::size_t& budget, Turn& turn, std::error_code& error) {
    for (std::size_t i = 0; i < log.generations.size();) {
      FollowedFile& file = log.generations[i];
      const bool current = log.attached && i + 1 == log.generations.size();
      // What stat shows unchanged need not be read; a file that is gone from its path shows nothing.
      if (!current || file.changed() || file.stream()) {
        if (!current && !file.is_open()) {
          // Rotated away while it had no descriptor.
          Retire(log, i, turn);
          continue;
        }
        if (ReadToEnd(log, file, now, budget, turn, error)) return true;
        if (log.generations[i].stream() && error) return false;
      }
      const nanoseconds silence = now.steady - log.last_growth;
      if (!current && silence >= options.rotated_silence) {
        file.Finish(turn.batches, log.counts);
        Retire(log, i, turn);
        continue;
      }
      if (current && !file.stream() && file.is_open() &&
          (silence >= options.close_after || OpenFiles() > options.max_open_files)) {
        file.Close();
      }
      ++i;
    }
    return false;
  }

  /// Returns whether the budget ended before the file did.
  bool ReadToEnd(Log& log, FollowedFile& file, core::Instant now, std::size_t& budget, Turn& turn,
                 std::error_code& error) {
    while (true) {
      if (budget == 0) return true;
      const std::size_t chunk = std::min(buffer.size(), budget + ContentSignature::kTailBytes);
      const auto result = file.Read(files, std::span(buffer).first(chunk), turn.batches, log.counts);
      budget -= std::min(budget, result.bytes);
      if (result.bytes > 0) log.last_growth = now.steady;
      switch (result.outcome) {
        case FollowedFile::Outcome::kMore:
          continue;
        case FollowedFile::Outcome::kTruncated:
          ++log.truncations;
          ++totals.truncations;
          turn.notices.push_back({FollowerNotice::Kind::kTruncated, log.path, ""});
          continue;
        case FollowedFile::Outcome::kFailed:
          error = result.error;
          return false;
        case FollowedFile::Outcome::kEnd:
        case FollowedFile::Outcome::kReplaced:
        case FollowedFile::Outcome::kClosed:
          return false;
      }
    }
  }

  void Retire(Log& log, std::size_t index, Turn& turn) {
    FollowedFile& file = log.generations[index];
    const auto status = file.is_open() ? file.Status() : FileResult<FileStatus>(std::error_code());
    owners.erase(file.identity());
    if (file.stream() || (status && status->links == 0)) {
      turn.forgotten.push_back(file.id());
    } else {
      remembered[file.identity()] = {file.position(), file.id(), ++last_turn};
      if (remembered.size() > kRememberedFiles) ForgetOldest(turn);
    }
    log.generations.erase(log.generations.begin() + static_cast<std::ptrdiff_t>(index));
    if (log.generations.empty()) log.attached = false;
  }

  void ForgetOldest(Turn& turn) {
    const auto oldest = std::min_element(remembered.begin(), remembered.end(),
                                         [](const auto& a, const auto& b) { return a.second.order < b.second.order; });
    if (oldest->second.file != 0) turn.forgotten.push_back(oldest->second.file);
    remembered.erase(oldest);
  }

  std::size_t OpenFiles() const {
    std::size_t open = 0;
    for (const auto& [identity, log] : owners) {
      for (const FollowedFile& file : log->generations) open += file.identity() == identity && file.is_open();
    }
    return open;
  }
};

LogFollower::LogFollower(FileSystem& files, std::vector<SourceOptions> sources, FollowerOptions options)
    : impl_(std::make_unique<Impl>(files, std::move(sources), options)) {}

LogFollower::~LogFollower() = default;

void LogFollower::Restore(std::vector<FilePosition> positions) {
  for (FilePosition& position : positions) {
    impl_->restored_jobs[position.path] = position.job;
    impl_->job_names.insert(position.job);
    const FileIdentity identity = position.identity;
    impl_->remembered[identity] = {std::move(position), 0, ++impl_->last_turn};
  }
}

void LogFollower::Wake(const std::string& path) {
  const auto log = impl_->logs.find(path);
  if (log != impl_->logs.end()) {
    impl_->Schedule(*log->second, nanoseconds{0});
  } else {
    impl_->next_discovery = nanoseconds{0};
  }
}

void LogFollower::WakeAll() {
  for (auto& [path, log] : impl_->logs) impl_->Schedule(*log, nanoseconds{0});
  impl_->next_discovery = nanoseconds{0};
}

std::vector<std::string> LogFollower::directories() const {
  std::set<std::string> result = impl_->directories;
  for (const auto& [path, log] : impl_->logs) {
    const std::size_t slash = path.rfind('/');
    if (path != kStandardInput)
      result.insert(slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1)));
  }
  return {result.begin(), result.end()};
}

LogFollower::Turn LogFollower::Poll(core::Instant now) {
  Turn turn;
  if (!impl_->discovered_once || now.steady >= impl_->next_discovery) impl_->LookForFiles(now, turn);
  std::size_t budget = impl_->options.bytes_per_turn;
  while (!impl_->queue.empty() && budget > 0) {
    const auto [due, order, log] = *impl_->queue.begin();
    if (due > now.steady) break;
    if (impl_->Look(*log, now, budget, turn)) {
      impl_->Schedule(*log, now.steady);
      break;
    }
    impl_->ScheduleNextLook(*log, now);
  }
  nanoseconds next = impl_->next_discovery;
  if (!impl_->queue.empty()) next = std::min(next, std::get<0>(*impl_->queue.begin()));
  turn.more = next <= now.steady;
  turn.next_poll = std::max(next - now.steady, nanoseconds{0});
  return turn;
}

LogFollower::Turn LogFollower::Drain(core::Instant now, LastLine last_line) {
  Turn turn;
  impl_->LookForFiles(now, turn);
  for (auto& [path, log] : impl_->logs) {
    std::size_t budget = 0;
    do {
      budget = impl_->options.bytes_per_turn;
    } while (impl_->Look(*log, now, budget, turn));
    if (last_line == LastLine::kUse) {
      for (FollowedFile& file : log->generations) file.Finish(turn.batches, log->counts);
    }
  }
  return turn;
}

FollowerStats LogFollower::stats() const {
  FollowerStats stats = impl_->totals;
  for (const auto& [path, log] : impl_->logs) {
    stats.bytes += log->counts.bytes;
    stats.lines_matched += log->counts.matched;
    for (const auto& [reason, count] : log->counts.ignored) stats.lines_ignored[reason] += count;
  }
  return stats;
}

std::vector<FileStats> LogFollower::files() const {
  std::vector<FileStats> result;
  result.reserve(impl_->logs.size());
  for (const auto& [path, log] : impl_->logs) {
    FileStats& stats = result.emplace_back();
    stats.path = path;
    stats.job = log->job;
    stats.bytes = log->counts.bytes;
    stats.lines_matched = log->counts.matched;
    stats.lines_ignored = log->counts.ignored;
    stats.rotations = log->rotations;
    stats.truncations = log->truncations;
    stats.error = log->error ? ErrorName(log->error) : "";
    if (log->generations.empty()) continue;
    const FollowedFile& file = log->generations.back();
    stats.size = file.position().size;
    stats.offset = file.position().offset;
    stats.open = file.is_open();
  }
  return result;
}

std::optional<std::string> CheckSource(const SourceOptions& source) {
  if (source.path != kStandardInput) {
    if (auto problem = CheckGlob(source.path)) return problem;
  }
  for (const std::string& exclude : source.exclude) {
    if (auto problem = CheckGlob(exclude)) return "exclude: " + *problem;
  }
  if (auto problem = PathRule::Check(source.path_regex)) return "path_regex: " + *problem;
  return std::nullopt;
}

}  // namespace lossd::ingest
