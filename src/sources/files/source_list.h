// The entries of the configuration's `files` with what they stand for at the moment.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sources/files/file_discovery.h"
#include "sources/files/path_rule.h"
#include "sources/files/tailed_path.h"
#include "sources/files/tailer.h"

namespace lossd::sources {

struct ListedSource {
  SourceOptions options;
  FileDiscovery discovery;
  PathRule rule;
  bool reported_directory = false;
};

/// Not thread-safe.
class SourceList {
 public:
  /// Those before stay where they are until DropOld, for logs refer to them.
  void Set(std::vector<SourceOptions> options);
  void DropOld() { old_.clear(); }

  const std::vector<std::unique_ptr<ListedSource>>& all() const { return sources_; }

  struct Found {
    std::vector<const Discovered*> of;  ///< each source, in their order; until the next Look
    bool complete = true;               ///< every directory could be listed
    bool changed = false;               ///< against the Look before
  };
  /// Walks through all of them. What an operator would want to know goes into `turn`, errors are counted in `state`.
  /// `first`: since they were set.
  Found Look(FollowState& state, core::Instant now, bool first, Tailer::Turn& turn);

  /// The first source whose pattern, not its plain path, stands for the log at `path`; null: none.
  const ListedSource* Taker(const std::string& path) const;

 private:
  std::vector<std::unique_ptr<ListedSource>> sources_, old_;
  std::set<std::string> reported_;  ///< directories that could not be listed
};

}  // namespace lossd::sources
