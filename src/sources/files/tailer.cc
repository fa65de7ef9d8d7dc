#include "sources/files/tailer.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "os/error_name.h"
#include "os/posix_file_system.h"
#include "readers/job_name.h"
#include "sources/files/file_discovery.h"
#include "sources/files/glob.h"
#include "sources/files/path_rule.h"
#include "sources/files/rotated_files.h"
#include "sources/files/tailed_path.h"

namespace lossd::sources {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kReadChunk = 256 * 1024;
/// Of files that nobody has written to for longer, and that are gone, positions are kept no more.
constexpr nanoseconds kPositionsKept = std::chrono::hours(24 * 30);

}  // namespace

struct Tailer::Impl {
  struct Source {
    SourceOptions options;
    FileDiscovery discovery;
    PathRule rule;
    bool told_directory = false;
  };
  struct Place {
    std::unique_ptr<TailedPath> log;
    nanoseconds due{0};
    std::uint64_t turn = 0;  ///< with `due`, the place in the queue: who has waited longer comes first
    bool wanted = true;      ///< found by the last discovery
    bool pod_log = false;
    bool named_by_path = false;  ///< for want of a name in the configuration: one in the file counts for more
    bool woke_earlier = false;   ///< for a pod's log: those of the container's earlier runs are looked at first
  };

  FollowState state;
  std::vector<std::unique_ptr<Source>> sources;
  std::map<std::string, Place> places;  ///< by path
  std::set<std::tuple<nanoseconds, std::uint64_t, Place*>> queue;
  std::map<std::string, std::string> known_jobs;  ///< path -> the job's name before this configuration, or this process
  std::multiset<std::string> job_names;
  std::map<std::string, std::string> run_jobs;        ///< path without its checkpoint -> name made from it
  std::map<std::string, std::string> pod_namespaces;  ///< of the first pod that gave its name to a job
  std::set<std::string> directories;
  std::set<std::string> reported;  ///< directories that could not be listed
  std::vector<std::string> woken;
  std::vector<FilePosition> restored;
  std::uint64_t last_turn = 0;
  nanoseconds next_discovery{0};
  bool discovered_once = false;
  std::vector<std::string> left_out;  ///< of the last discovery, for there are more than may be followed
  bool told_left_out = false;
  bool unsettled = true;  ///< the next discovery is to be gone through even if it finds what the last one found

  Impl(os::FileSystem& files, TailerOptions options)
      : state{files, options, {}, std::vector<char>(kReadChunk), {}, 0} {}

  void SetSources(std::vector<SourceOptions> options) {
    sources.clear();
    for (SourceOptions& source : options) {
      FileDiscovery discovery(source.path, source.exclude);
      PathRule rule = source.preset == Preset::kKubernetesPods ? PathRule::ForPods() : PathRule(source.path_regex);
      sources.push_back(
          std::make_unique<Source>(Source{std::move(source), std::move(discovery), std::move(rule), false}));
    }
  }

  // --- what is there to follow ---

  void LookForFiles(core::Instant now, Turn& turn) {
    bool complete = true;
    std::vector<const Discovered*> found;
    for (const std::unique_ptr<Source>& source : sources) {
      found.push_back(&source->discovery.Look(state.files, now.steady));
      const Discovered& last = *found.back();
      if (last.is_directory && !std::exchange(source->told_directory, true)) {
        turn.notices.push_back(
            {TailerNotice::Kind::kFound, source->options.path, "a directory: following the logs in it"});
      }
      complete = complete && last.errors.empty();
      unsettled = unsettled || last.changed || !last.errors.empty();
      for (const Discovered::Error& error : last.errors) {
        ++state.totals.errors[os::ErrorName(error.code)];
        if (reported.insert(error.path).second) {
          turn.notices.push_back({TailerNotice::Kind::kError, error.path, error.code.message()});
        }
      }
    }
    if (std::exchange(unsettled, false)) {
      TakeUp(found, complete, now, turn);
      turn.directories_changed = true;
    }
    turn.discovered = true;
    discovered_once = true;
    next_discovery = now.steady + Fair(state.options.discovery_interval, directories.size());
  }

  void TakeUp(const std::vector<const Discovered*>& found, bool complete, core::Instant now, Turn& turn) {
    directories.clear();
    for (auto& [path, place] : places) place.wanted = false;
    std::set<std::string_view> named;
    for (const std::unique_ptr<Source>& source : sources) named.insert(source->options.path);
    // Where not all fit, a file that is named comes before what a pattern finds.
    for (const bool all : {false, true}) {
      for (std::size_t i = 0; i < found.size(); ++i) {
        directories.insert(found[i]->directories.begin(), found[i]->directories.end());
        for (const std::string& path : found[i]->paths) {
          if (all != named.contains(path)) AddLog(*sources[i], path, now);
        }
      }
    }
    if (!left_out.empty() && !std::exchange(told_left_out, true)) {
      turn.notices.push_back({TailerNotice::Kind::kError, left_out.front(),
                              "one of " + std::to_string(left_out.size()) + " beyond follow.max_files"});
    }
    left_out.clear();
    if (complete) DropLeftovers();
    unsettled = unsettled || !complete;
  }

  void AddLog(const Source& source, const std::string& path, core::Instant now) {
    if (const auto place = places.find(path); place != places.end()) {
      place->second.wanted = true;
      return;
    }
    unsettled = true;
    if (source.options.max_age.count() > 0) {
      const auto status = state.files.Status(path);
      if (status && now.wall.time_since_epoch() - nanoseconds(status->modified_ns) > source.options.max_age) return;
    }
    if (places.size() >= state.options.max_files) {
      left_out.push_back(path);
      ++state.totals.files_refused;
      return;
    }
    PathRule::Result named = source.rule.Apply(path);
    const bool pod_log = source.options.preset == Preset::kKubernetesPods;
    if (pod_log && named.labels.empty()) named = source.rule.Apply(state.files.Resolve(path));
    if (pod_log && !named.job.empty()) named.job = PodJob(named.job, named.labels["namespace"]);
    const bool named_by_path = named.job.empty() && source.options.job.empty() && !os::IsStreamPath(path);
    TailedPath::Options options;
    options.path = path;
    options.labels = source.options.labels;
    for (auto& [name, value] : named.labels) options.labels.insert_or_assign(name, std::move(value));
    options.job = NameJob(source, path, std::move(named.job));
    options.source = &source.options;
    options.known_at_start = !discovered_once;
    job_names.insert(options.job);
    Place& place = places[path];
    place.pod_log = pod_log;
    place.named_by_path = named_by_path;
    place.log = std::make_unique<TailedPath>(state, std::move(options), now);
    Schedule(place, now.steady);
  }

  std::string PodJob(const std::string& pod, const std::string& name_space) {
    const auto [first, is_new] = pod_namespaces.try_emplace(pod, name_space);
    return first->second == name_space ? pod : name_space + "/" + pod;
  }

  /// Whether a log that was never looked at must wait for those that the same container has left behind.
  bool WaitsForEarlierRun(const std::string& path, Place& place) {
    if (!place.pod_log || place.log->looked_at()) return false;
    const auto run_of = [](std::string_view name) {
      std::uint64_t run = 0;
      const std::string_view file = name.substr(name.rfind('/') + 1);
      return std::from_chars(file.data(), file.data() + file.size(), run).ec == std::errc() ? run : 0;
    };
    const std::string directory = path.substr(0, path.rfind('/') + 1);
    bool waits = false;
    for (auto other = places.lower_bound(directory); other != places.end() && other->first.starts_with(directory);
         ++other) {
      if (other->first.find('/', directory.size()) != std::string::npos || run_of(other->first) >= run_of(path))
        continue;
      if (!place.woke_earlier) Schedule(other->second, nanoseconds{0});
      waits = waits || !place.woke_earlier || other->second.log->behind();
    }
    place.woke_earlier = true;
    return waits;
  }

  std::string NameJob(const Source& source, const std::string& path, std::string from_path) {
    if (!from_path.empty()) return from_path;
    if (!source.options.job.empty()) return source.options.job;
    if (const auto known = known_jobs.find(path); known != known_jobs.end()) return known->second;
    // Generations of one rotated log are one job.
    const std::string base(readers::WithoutRotationSuffix(path));
    if (const auto place = places.find(base); place != places.end()) return place->second.log->job();
    // So are the checkpoints of one run.
    const auto [run, is_new] = run_jobs.try_emplace(readers::RunPath(path));
    if (is_new)
      run->second = readers::JobName(run->first, [&](const std::string& name) { return job_names.contains(name); });
    return run->second;
  }

  /// A path that discovery finds no more is dropped once nothing of it is left to read.
  void DropLeftovers() {
    for (auto place = places.begin(); place != places.end();) {
      const bool keep = place->second.wanted || !place->second.log->empty();
      if (keep) {
        unsettled = unsettled || !place->second.wanted;
        ++place;
        continue;
      }
      Unschedule(place->second);
      AddCounts(*place->second.log, state.totals);
      job_names.erase(job_names.find(place->second.log->job()));
      place = places.erase(place);
    }
  }

  static void AddCounts(const TailedPath& log, TailerStats& stats) {
    stats.bytes += log.counts().bytes;
    stats.lines_matched += log.counts().matched;
    for (const auto& [reason, count] : log.counts().ignored) stats.lines_ignored[reason] += count;
  }

  /// Files that the kernel has told of are taken up before the next discovery finds them.
  void TakeWoken(core::Instant now) {
    for (const std::string& path : std::exchange(woken, {})) {
      for (const std::unique_ptr<Source>& source : sources) {
        const FileDiscovery& discovery = source->discovery;
        if (discovery.glob().literal() || IsCompressedName(path) || !discovery.glob().Matches(path)) continue;
        if (discovery.Excludes(path)) continue;
        const auto status = state.files.Status(path);
        if (status && status->kind == os::FileKind::kRegular) AddLog(*source, path, now);
        break;
      }
    }
  }

  /// Gives batches the names that their files give themselves.
  void NameByRun(Turn& turn) const {
    for (FileBatch& batch : turn.batches) {
      const auto place = batch.run.empty() ? places.end() : places.find(batch.path);
      if (place != places.end() && place->second.named_by_path) batch.job = batch.run;
    }
  }

  // --- the queue ---

  void Unschedule(Place& place) { queue.erase({place.due, place.turn, &place}); }
  void Schedule(Place& place, nanoseconds due) {
    Unschedule(place);
    place.due = due;
    place.turn = ++last_turn;
    queue.insert({place.due, place.turn, &place});
  }

  /// `interval`, or longer where so many looks in it would be too many.
  nanoseconds Fair(nanoseconds interval, std::size_t count) const {
    const auto looks = static_cast<std::int64_t>(std::max<std::size_t>(state.options.looks_per_second, 1));
    return std::max(interval, nanoseconds(std::chrono::seconds(1)) * static_cast<std::int64_t>(count) / looks);
  }
  nanoseconds IdleInterval() const { return Fair(state.options.idle_interval, places.size()); }

  /// Tells whoever keeps the positions which numbers those of an earlier process have now.
  void AnnounceRestored(core::Instant now, Turn& turn) {
    for (FilePosition& position : std::exchange(restored, {})) {
      const nanoseconds age = now.wall.time_since_epoch() - nanoseconds(position.modified_ns);
      if (position.modified_ns > 0 && age > kPositionsKept && IsGone(state.files, position)) continue;
      const auto known = state.registry.remembered().find(position.identity);
      if (known != state.registry.remembered().end()) {
        if (known->second.position.offset >= position.offset) continue;
        turn.forgotten.push_back(known->second.number);
      }
      FileBatch& batch = turn.batches.emplace_back();
      batch.file = state.registry.NewNumber();
      batch.path = position.path;
      batch.job = position.job;
      batch.catching_up = true;
      batch.position = position;
      state.registry.Release(position, batch.file, turn.forgotten);
    }
  }
};

Tailer::Tailer(os::FileSystem& files, std::vector<SourceOptions> sources, TailerOptions options)
    : impl_(std::make_unique<Impl>(files, options)) {
  impl_->SetSources(std::move(sources));
}

Tailer::~Tailer() = default;

void Tailer::Restore(std::vector<FilePosition> positions) {
  for (const FilePosition& position : positions) {
    impl_->known_jobs[position.path] = position.job;
    impl_->run_jobs[readers::RunPath(position.path)] = position.job;
    impl_->job_names.insert(position.job);
  }
  impl_->restored = std::move(positions);
}

void Tailer::Reconfigure(std::vector<SourceOptions> sources, TailerOptions options) {
  std::vector<std::uint64_t> forgotten;
  for (auto& [path, place] : impl_->places) {
    impl_->AddCounts(*place.log, impl_->state.totals);
    impl_->known_jobs[path] = place.log->job();
    place.log->Release(forgotten);
  }
  impl_->queue.clear();
  impl_->places.clear();
  impl_->state.options = options;
  impl_->SetSources(std::move(sources));
  impl_->discovered_once = false;
  impl_->unsettled = true;
  impl_->next_discovery = nanoseconds{0};
}

void Tailer::Wake(const std::string& path) {
  auto place = impl_->places.find(path);
  if (place == impl_->places.end()) {
    impl_->woken.push_back(path);
    // A writer may still write to a log that was renamed.
    place = impl_->places.find(std::string(readers::WithoutRotationSuffix(path)));
  }
  if (place != impl_->places.end()) impl_->Schedule(place->second, nanoseconds{0});
}

void Tailer::WakeAll() {
  for (auto& [path, place] : impl_->places) impl_->Schedule(place, nanoseconds{0});
  impl_->next_discovery = nanoseconds{0};
}

std::vector<std::string> Tailer::directories() const {
  std::set<std::string> result = impl_->directories;
  for (const auto& [path, place] : impl_->places) {
    const std::size_t slash = path.rfind('/');
    if (os::IsStreamPath(path)) continue;
    result.insert(slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1)));
  }
  return {result.begin(), result.end()};
}

Tailer::Turn Tailer::Poll(core::Instant now) {
  Turn turn;
  impl_->AnnounceRestored(now, turn);
  if (!impl_->discovered_once || now.steady >= impl_->next_discovery) impl_->LookForFiles(now, turn);
  impl_->TakeWoken(now);
  std::size_t budget = impl_->state.options.bytes_per_turn;
  while (!impl_->queue.empty() && budget > 0) {
    Impl::Place& place = *std::get<2>(*impl_->queue.begin());
    if (place.due > now.steady) break;
    if (impl_->WaitsForEarlierRun(place.log->path(), place)) {
      impl_->Schedule(place, now.steady + impl_->state.options.busy_interval);
      continue;
    }
    if (place.log->Look(now, budget, turn)) {
      impl_->Schedule(place, now.steady);
      break;
    }
    impl_->Schedule(place, now.steady + place.log->NextLook(now, impl_->IdleInterval()));
  }
  nanoseconds next = impl_->next_discovery;
  if (!impl_->queue.empty()) next = std::min(next, std::get<0>(*impl_->queue.begin()));
  turn.more = next <= now.steady;
  turn.next_poll = std::max(next - now.steady, nanoseconds{0});
  impl_->NameByRun(turn);
  return turn;
}

Tailer::Turn Tailer::Drain(core::Instant now, LastLine last_line) {
  Turn turn;
  impl_->AnnounceRestored(now, turn);
  impl_->LookForFiles(now, turn);
  for (auto& [path, place] : impl_->places) {
    std::size_t budget = 0;
    do {
      budget = impl_->state.options.bytes_per_turn;
    } while (place.log->Look(now, budget, turn));
    if (last_line == LastLine::kUse) place.log->Finish(turn);
  }
  impl_->NameByRun(turn);
  return turn;
}

Tailer::Turn Tailer::Finish() {
  Turn turn;
  for (auto& [path, place] : impl_->places) place.log->Finish(turn);
  impl_->NameByRun(turn);
  return turn;
}

TailerStats Tailer::stats() const {
  TailerStats stats = impl_->state.totals;
  for (const auto& [path, place] : impl_->places) impl_->AddCounts(*place.log, stats);
  return stats;
}

std::vector<FileStats> Tailer::files() const {
  std::vector<FileStats> result;
  result.reserve(impl_->places.size());
  for (const auto& [path, place] : impl_->places) result.push_back(place.log->stats());
  return result;
}

std::optional<std::string> CheckSource(const SourceOptions& source) {
  if (!os::IsStreamPath(source.path)) {
    if (auto problem = CheckGlob(source.path)) return problem;
  }
  for (const std::string& exclude : source.exclude) {
    if (auto problem = CheckGlob(exclude)) return "exclude: " + *problem;
  }
  if (auto problem = PathRule::Check(source.path_regex)) return "path_regex: " + *problem;
  return std::nullopt;
}

}  // namespace lossd::sources
