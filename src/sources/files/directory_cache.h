// What the directories of a walk held when they were last listed, so that one that has not changed need not be listed
// again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "os/file_system.h"
#include "sources/files/file_position.h"

namespace lossd::sources {

/// A directory's modification time changes with every name that is added to it or taken out, but is coarse (2 seconds
/// on FAT), may be told late, and stands still on file systems that keep none (object stores). So a listing is believed
/// only where it was made kCoarsest or more after its modification time was first seen, for kBelieved at most, and
/// never again on a file system that was once found to add a name without it. The times are compared with each other
/// alone: no clock is shared with the server. Not thread-safe.
class DirectoryCache {
 public:
  static constexpr std::chrono::nanoseconds kCoarsest = std::chrono::seconds(3);
  /// Spread over the directories, so that they are not all listed again at once.
  static constexpr std::chrono::nanoseconds kBelievedAtLeast = std::chrono::seconds(60);
  static constexpr std::chrono::nanoseconds kBelieved = std::chrono::seconds(120);

  /// What the walk wants of a directory: nothing else is kept of it.
  struct Contents {
    struct File {
      std::string path;
      bool may_be_directory = false;  ///< to be asked with each walk: a link may lead elsewhere by now
      bool operator==(const File&) const = default;
    };
    std::string directory;
    std::vector<File> files;
    std::vector<std::string> directories;  ///< paths to enter; each may turn out to be none
    bool operator==(const Contents&) const = default;
  };
  /// Leaves `directory` empty.
  using Choose = std::function<Contents(const std::vector<os::DirectoryEntry>&)>;

  /// What `choose` takes of a directory whose Status has just been `status`. `part` tells apart walks that want
  /// different things of one directory. The answer holds until the end of the walk.
  os::FileResult<const Contents*> Look(os::FileSystem& files, const std::string& directory, std::size_t part,
                                       const os::FileStatus& status, std::chrono::nanoseconds now,
                                       const Choose& choose);

  /// Forgets the directories that were not looked at since the last call. Returns whether all that were looked at, and
  /// what they held, is the same as in the walk before.
  bool EndWalk();

 private:
  struct Listing {
    FileIdentity identity;
    std::int64_t modified_ns = 0;
    std::chrono::nanoseconds seen{0};    ///< when this modification time was first seen
    std::chrono::nanoseconds listed{0};  ///< when `contents` were
    std::chrono::nanoseconds believed{0};
    std::uint64_t walk = 0;  ///< the last that looked at it
    Contents contents;
  };
  static bool IsOf(const Listing& listing, const os::FileStatus& status);

  std::vector<std::unordered_map<std::string, Listing>> listings_;  ///< by part, then by directory
  std::set<std::uint64_t> timeless_;  ///< devices on which names come and go without a modification time
  std::uint64_t walk_ = 1;
  std::size_t looked_at_ = 0;  ///< listings, in this walk
  bool same_ = true;           ///< so far in this walk
};

}  // namespace lossd::sources
