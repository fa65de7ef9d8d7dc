#include "sources/files/tailer.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "os/posix_file_system.h"
#include "readers/job_name.h"
#include "sources/files/job_names.h"
#include "sources/files/log_naming.h"
#include "sources/files/rotated_files.h"
#include "sources/files/source_list.h"
#include "sources/files/tailed_path.h"

namespace lossd::sources {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t kReadChunk = 256 * 1024;
/// Of files that nobody has written to for longer, and that are gone, positions are kept no more.
constexpr nanoseconds kPositionsKept = std::chrono::hours(24 * 30);

}  // namespace

struct Tailer::Impl {
  struct Place {
    std::unique_ptr<TailedPath> log;
    nanoseconds due{0};
    std::uint64_t turn = 0;  ///< with `due`, the place in the queue: who has waited longer comes first
    bool wanted = true;      ///< found by the last discovery
    bool stale = false;      ///< since a reload, until the new sources have been looked through
    JobNames::Name name;
    bool woke_earlier = false;  ///< for a pod's log: those of the container's earlier runs are looked at first
  };

  FollowState state;
  SourceList sources;
  std::size_t stale = 0;                ///< places
  std::map<std::string, Place> places;  ///< by path
  std::set<std::tuple<nanoseconds, std::uint64_t, Place*>> queue;
  JobNames names;
  std::set<std::string> directories;
  std::vector<std::string> woken;
  std::vector<FilePosition> restored;
  std::vector<std::uint64_t> forgotten;  ///< since the last turn
  std::uint64_t last_turn = 0;
  nanoseconds next_discovery{0};
  bool discovered_once = false;
  std::vector<std::string> left_out;  ///< of the last discovery, for there are more than may be followed
  bool reported_left_out = false;
  bool unsettled = true;  ///< the next discovery is to be gone through even if it finds what the last one found

  Impl(os::FileSystem& files, TailerOptions options) : state{files, options, {}, std::vector<char>(kReadChunk), {}, 0} {
    names.SetAbsolute([&files](const std::string& path) { return files.Absolute(path); });
  }

  // --- what is there to follow ---

  void LookForFiles(core::Instant now, Turn& turn) {
    const SourceList::Found found = sources.Look(state, now, !discovered_once, turn);
    unsettled = unsettled || found.changed;
    if (std::exchange(unsettled, false)) {
      TakeUp(found, now, turn);
      turn.directories_changed = true;
    }
    turn.discovered = true;
    discovered_once = true;
    next_discovery = now.steady + Fair(state.options.discovery_interval, directories.size());
  }

  void TakeUp(const SourceList::Found& found, core::Instant now, Turn& turn) {
    directories.clear();
    for (auto& [path, place] : places) place.wanted = false;
    ContestNames(found);
    std::set<std::string_view> named;
    for (const auto& source : sources.all()) named.insert(source->options.path);
    // Where not all fit, a file that is named comes before what a pattern finds.
    for (const bool all : {false, true}) {
      for (std::size_t i = 0; i < found.of.size(); ++i) {
        directories.insert(found.of[i]->directories.begin(), found.of[i]->directories.end());
        for (const std::string& path : found.of[i]->paths) {
          if (all != named.contains(path)) AddLog(*sources.all()[i], path, now);
        }
      }
    }
    if (!left_out.empty() && !std::exchange(reported_left_out, true)) {
      turn.notices.push_back({TailerNotice::Kind::kError, left_out.front(),
                              "one of " + std::to_string(left_out.size()) + " beyond follow.max_files"});
    }
    left_out.clear();
    DropStale();
    if (found.complete) DropLeftovers();
    unsettled = unsettled || !found.complete;
  }

  /// Names must not depend on the order in which logs are found together. One that has two paths is one.
  void ContestNames(const SourceList::Found& found) {
    std::vector<std::string> unnamed;
    std::set<std::string> real;
    for (std::size_t i = 0; i < found.of.size(); ++i) {
      const ListedSource& source = *sources.all()[i];
      for (const std::string& path : found.of[i]->paths) {
        if (places.contains(path) || !IsNamedByPath(source, path)) continue;
        if (real.insert(state.files.Resolve(path)).second) unnamed.push_back(path);
      }
    }
    names.Contest(unnamed);
  }

  void AddLog(const ListedSource& source, const std::string& path, core::Instant now) {
    const auto known = places.find(path);
    if (known != places.end() && !known->second.stale) {
      known->second.wanted = true;
      return;
    }
    unsettled = true;
    if (source.options.max_age.count() > 0) {
      const auto status = state.files.Status(path);
      if (status && now.wall.time_since_epoch() - nanoseconds(status->modified_ns) > source.options.max_age) return;
    }
    if (places.size() - stale >= state.options.max_files) {
      left_out.push_back(path);
      ++state.totals.files_refused;
      return;
    }
    NamedLog named = NameLog(source, path, state.files, names, [this](const std::string& other) {
      const auto place = places.find(other);
      return place == places.end() ? std::nullopt : std::optional(place->second.log->job());
    });
    named.options.known_at_start = !discovered_once;
    if (known != places.end()) {
      Place& place = known->second;
      if (place.log->Adopt(named.options)) {
        place.wanted = true;
        place.stale = false;
        --stale;
        return;
      }
    }
    names.Acquire(named.name);
    if (known != places.end()) DropPlace(known);
    Place& place = places[path];
    place.name = std::move(named.name);
    place.log = std::make_unique<TailedPath>(state, std::move(named.options), now);
    Schedule(place, now.steady);
  }

  /// Whether a log that was never looked at must wait for those that the same container has left behind.
  bool WaitsForEarlierRun(const std::string& path, Place& place) {
    if (place.name.pod.empty() || place.log->looked_at()) return false;
    const std::string directory = path.substr(0, path.rfind('/') + 1);
    bool waits = false;
    for (auto other = places.lower_bound(directory); other != places.end() && other->first.starts_with(directory);
         ++other) {
      if (other->first.find('/', directory.size()) != std::string::npos ||
          ContainerRun(other->first) >= ContainerRun(path))
        continue;
      if (!place.woke_earlier) Schedule(other->second, nanoseconds{0});
      waits = waits || !place.woke_earlier || other->second.log->behind();
    }
    place.woke_earlier = true;
    return waits;
  }

  /// A path that discovery finds no more is dropped once nothing of it is left to read.
  void DropLeftovers() {
    for (auto place = places.begin(); place != places.end();) {
      const bool keep = place->second.wanted || !place->second.log->empty();
      if (keep) unsettled = unsettled || !place->second.wanted;
      place = keep ? std::next(place) : DropPlace(place);
    }
  }

  /// What no source has found since a reload. Where its files stand is kept.
  void DropStale() {
    for (auto place = places.begin(); stale > 0 && place != places.end();) {
      place = place->second.stale ? DropPlace(place) : std::next(place);
    }
    sources.DropOld();
  }

  std::map<std::string, Place>::iterator DropPlace(std::map<std::string, Place>::iterator dropped) {
    Place& place = dropped->second;
    Unschedule(place);
    place.log->AddCounts(state.totals);
    if (place.stale) {
      --stale;
    } else {
      names.Forget(dropped->first);
    }
    place.log->Release(forgotten);
    names.Release(place.name);
    return places.erase(dropped);
  }

  /// Files that the kernel has told of are taken up before the next discovery finds them.
  void TakeWoken(core::Instant now) {
    for (const std::string& path : std::exchange(woken, {})) {
      const ListedSource* const source = sources.Taker(path);
      if (source == nullptr) continue;
      const auto status = state.files.Status(path);
      if (status && status->kind == os::FileKind::kRegular) AddLog(*source, path, now);
    }
  }

  /// Gives batches the names that their files give themselves.
  void NameByRun(Turn& turn) const {
    for (FileBatch& batch : turn.batches) {
      const auto place = batch.run.empty() ? places.end() : places.find(batch.path);
      if (place != places.end() && place->second.name.by_path) batch.job = batch.run;
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

  /// Tells whoever keeps the positions what will not be read again, and which numbers those of an earlier process have
  /// now.
  void AnnounceRestored(core::Instant now, Turn& turn) {
    turn.forgotten = std::exchange(forgotten, {});
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
  impl_->sources.Set(std::move(sources));
}

Tailer::~Tailer() = default;

void Tailer::Restore(std::vector<FilePosition> positions) {
  for (const FilePosition& position : positions) impl_->names.Restore(position.path, position.job);
  impl_->restored = std::move(positions);
}

void Tailer::Reconfigure(std::vector<SourceOptions> sources, TailerOptions options) {
  for (auto& [path, place] : impl_->places) {
    impl_->names.Remember(path, place.log->job());
    if (!std::exchange(place.stale, true)) ++impl_->stale;
  }
  impl_->state.options = options;
  impl_->sources.Set(std::move(sources));
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
  for (const auto& [path, place] : impl_->places) place.log->AddCounts(stats);
  return stats;
}

std::size_t Tailer::names_kept() const { return impl_->names.size(); }

std::vector<FileStats> Tailer::files() const {
  std::vector<FileStats> result;
  result.reserve(impl_->places.size());
  for (const auto& [path, place] : impl_->places) result.push_back(place.log->stats());
  return result;
}

}  // namespace lossd::sources
