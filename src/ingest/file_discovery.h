// Finds the files that a glob stands for.
#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "ingest/file_system.h"
#include "ingest/glob.h"

namespace lossd::ingest {

/// What one entry of the configuration stands for at the moment.
struct Discovered {
  std::vector<std::string> paths;        ///< sorted, excluded ones left out
  std::vector<std::string> directories;  ///< those listed on the way, sorted: a new file would appear in one of them
  bool is_directory = false;             ///< the path itself is a directory: the logs in it are followed
  struct Error {
    std::string path;
    std::error_code code;
  };
  std::vector<Error> errors;  ///< directories that could not be listed; those that are not there are none
};

/// Walks the pattern, listing only directories that it can reach. A literal path is given back whether it exists or
/// not. Compressed files (.gz, .bz2, .xz, .zst) are left out of what a wildcard finds. Directories are entered to a
/// depth of 32, and only once where symbolic links make a circle.
Discovered Discover(FileSystem& files, const std::string& pattern, const std::vector<Glob>& excludes);

bool IsCompressedName(std::string_view path);

}  // namespace lossd::ingest
