// Finds the files that a glob stands for.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "os/file_system.h"
#include "sources/files/directory_cache.h"
#include "sources/files/glob.h"

namespace lossd::sources {

/// What one entry of the configuration stands for at the moment.
struct Discovered {
  bool changed = true;                   ///< against what the look before found
  std::vector<std::string> paths;        ///< sorted, excluded ones left out
  std::vector<std::string> directories;  ///< those listed on the way, sorted: a new file would appear in one of them
  bool is_directory = false;             ///< the path itself is a directory: the logs in it are followed
  struct Error {
    std::string path;
    std::error_code code;
  };
  std::vector<Error> errors;  ///< directories that could not be listed; those that are not there are none
};

/// Walks one pattern again and again, over the directories that it can reach. A directory whose modification time says
/// that nothing was added costs one Status and is not listed: see DirectoryCache for when that is believed.
class FileDiscovery {
 public:
  FileDiscovery(const std::string& pattern, const std::vector<std::string>& excludes);

  /// `now` is steady time. A literal path is given back whether it exists or not. Compressed files (.gz, .bz2, .xz,
  /// .zst) are left out of what a wildcard finds. Directories are entered to a depth of 32, and only once where
  /// symbolic links make a circle. The answer holds until the next look.
  const Discovered& Look(os::FileSystem& files, std::chrono::nanoseconds now);

  const Glob& glob() const { return glob_; }
  bool Excludes(std::string_view path) const;

 private:
  std::string pattern_;
  Glob glob_;
  std::vector<Glob> excludes_;
  DirectoryCache memory_;
  Discovered found_;
};

bool IsCompressedName(std::string_view path);

}  // namespace lossd::sources
