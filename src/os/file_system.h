// The one seam between lossd and the operating system's files.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace lossd::os {

template <typename T>
using FileResult = boost::system::result<T, std::error_code>;

enum class FileKind : std::uint8_t { kRegular, kDirectory, kFifo, kOther };

/// What stat tells, following symbolic links.
struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< since the epoch
  FileKind kind = FileKind::kRegular;
  std::uint64_t links = 1;  ///< names that the file has; 0: deleted, and alive only in those who hold it open
};

struct DirectoryEntry {
  std::string name;
  bool may_be_directory = true;  ///< false where the listing itself says that it is none, which saves a Status
};

/// An open file, closed by its destructor.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Reads at most `buffer.size()` bytes at `offset` (ignored for a FIFO). 0: the end for now; a FIFO with a live but
  /// silent writer gives the error EAGAIN. Fewer bytes than asked for mean nothing. Never blocks on a FIFO.
  virtual FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) = 0;
  /// Of the open file, not of the path that it was opened by.
  virtual FileResult<FileStatus> Status() = 0;
};

/// Implemented by PosixFileSystem and, in tests, by one in memory that can fail on demand.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Errors are the system's own (ENOENT, EACCES, ESTALE, ...).
  virtual FileResult<FileStatus> Status(const std::string& path) = 0;
  /// The path without symbolic links; as it is where that is not known.
  virtual std::string Resolve(const std::string& path) { return path; }
  /// The path from the root, links left as they are; as it is where that is not known.
  virtual std::string Absolute(const std::string& path) { return path; }
  /// Opens for reading, without blocking and without becoming a controlling terminal. A file is read, never mapped: one
  /// that is truncated under a mapping kills the process.
  virtual FileResult<std::unique_ptr<ReadableFile>> Open(const std::string& path) = 0;
  /// Whether some process has the file open for writing. kUnknown: this file system cannot tell.
  enum class Writers : std::uint8_t { kUnknown, kSeen, kUnseen, kNone };
  virtual Writers WritersOf(const FileStatus&) { return Writers::kUnknown; }
  /// What a directory holds, in no order, without "." and "..".
  virtual FileResult<std::vector<DirectoryEntry>> List(const std::string& directory) = 0;
};

}  // namespace lossd::os
