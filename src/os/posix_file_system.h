// The system's own files.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/file_system.h"
#include "os/file_writers.h"

namespace lossd::os {

/// The path that stands for standard input, as in `train.py | lossd -`, or for what a child writes to its standard
/// output.
inline constexpr const char* kStandardInput = "-";
/// The path that stands for what a child writes to its standard error.
inline constexpr const char* kChildError = "-stderr";
/// Streams have no offsets, cannot be opened again, and when they end they end for good.
inline bool IsStreamPath(std::string_view path) { return path == kStandardInput || path == kChildError; }

/// A path that stands for a descriptor that is open already.
struct InputStream {
  std::string path = kStandardInput;
  int descriptor = 0;
  int pass_through = -1;  ///< every byte read is written there, unchanged; -1: nowhere
};

/// Thread-compatible; a file opened by it belongs to one thread. Reading a stream never changes its flags, which it
/// shares with the process that gave it to us. Where passing through fails (nobody reads any more), reading goes on
/// without it.
class PosixFileSystem : public FileSystem {
 public:
  /// The descriptors stay the caller's, and open for as long as files are.
  explicit PosixFileSystem(std::vector<InputStream> streams = {InputStream()}) : streams_(std::move(streams)) {}

  FileResult<FileStatus> Status(const std::string& path) override;
  std::string Resolve(const std::string& path) override;
  std::string Absolute(const std::string& path) override;
  FileResult<std::unique_ptr<ReadableFile>> Open(const std::string& path) override;
  FileResult<std::vector<DirectoryEntry>> List(const std::string& directory) override;
  Writers WritersOf(const FileStatus& file) override;

 private:
  const InputStream* FindStream(const std::string& path) const;

  std::vector<InputStream> streams_;
  FileWriters writers_;
};

}  // namespace lossd::os
