// The system's own files.
#pragma once

#include <string>

#include "ingest/file_system.h"

namespace lossd::ingest {

/// The path that stands for standard input, as in `train.py | lossd -`.
inline constexpr const char* kStandardInput = "-";

/// Thread-compatible: it has no state; a file opened by it belongs to one thread.
/// kStandardInput is file descriptor 0, whatever it is (pipe, terminal, file); reading it never changes its flags,
/// which it shares with the process that gave it to us.
class PosixFileSystem : public FileSystem {
 public:
  FileResult<FileStatus> Status(const std::string& path) override;
  FileResult<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  FileResult<std::vector<DirectoryEntry>> List(const std::string& directory) override;
};

}  // namespace lossd::ingest
