#include "sources/files/source_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "os/error_name.h"

namespace lossd::sources {

void SourceList::Set(std::vector<SourceOptions> options) {
  std::ranges::move(sources_, std::back_inserter(old_));
  sources_.clear();
  for (SourceOptions& source : options) {
    FileDiscovery discovery(source.path, source.exclude);
    PathRule rule = source.preset == Preset::kKubernetesPods ? PathRule::ForPods() : PathRule(source.path_regex);
    sources_.push_back(
        std::make_unique<ListedSource>(ListedSource{std::move(source), std::move(discovery), std::move(rule), false}));
  }
}

SourceList::Found SourceList::Look(FollowState& state, core::Instant now, bool first, Tailer::Turn& turn) {
  Found found;
  for (const std::unique_ptr<ListedSource>& source : sources_) {
    const Discovered& last = source->discovery.Look(state.files, now.steady);
    found.of.push_back(&last);
    if (last.is_directory && !std::exchange(source->reported_directory, true)) {
      turn.notices.push_back(
          {TailerNotice::Kind::kFound, source->options.path, "a directory: following the logs in it"});
    }
    const bool searched = last.is_directory || !source->discovery.glob().literal();
    if (searched && last.paths.empty() && first) {
      turn.notices.push_back({TailerNotice::Kind::kNothingFound, source->options.path,
                              last.is_directory ? "the directory holds no log" : "the pattern matches no file"});
    }
    found.complete = found.complete && last.errors.empty();
    found.changed = found.changed || last.changed || !last.errors.empty();
    for (const Discovered::Error& error : last.errors) {
      ++state.totals.errors[os::ErrorName(error.code)];
      if (reported_.insert(error.path).second) {
        turn.notices.push_back({TailerNotice::Kind::kError, error.path, error.code.message()});
      }
    }
  }
  return found;
}

const ListedSource* SourceList::Taker(const std::string& path) const {
  if (IsCompressedName(path)) return nullptr;
  for (const std::unique_ptr<ListedSource>& source : sources_) {
    const FileDiscovery& discovery = source->discovery;
    if (!discovery.glob().literal() && discovery.glob().Matches(path) && !discovery.Excludes(path)) return source.get();
  }
  return nullptr;
}

}  // namespace lossd::sources
