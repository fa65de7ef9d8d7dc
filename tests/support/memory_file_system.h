// A file system in memory that does to its files what operators do, and fails on demand.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "os/file_system.h"

namespace lossd::test {

/// Paths are absolute and hold no "." or "..". A directory exists as long as something lies in it. Open files stay
/// readable after they were renamed or deleted, as in POSIX. Inode numbers are handed out again, smallest first, when a
/// file is gone for good.
class MemoryFileSystem : public os::FileSystem {
 public:
  struct Inode {
    std::uint64_t number = 0;
    std::string bytes;
    std::int64_t modified_ns = 0;
    std::uint64_t links = 0;
    bool fifo = false;
    bool has_writer = false;
  };
  /// A writer's descriptor: goes on writing to its file whatever happens to the name.
  using Handle = std::shared_ptr<Inode>;

  // --- what writers and operators do ---
  Handle Create(const std::string& path, std::string_view bytes = "");  ///< or opens for appending
  void Append(const std::string& path, std::string_view bytes);
  void Append(const Handle& handle, std::string_view bytes);
  void Truncate(const std::string& path, std::uint64_t size = 0);
  void Overwrite(const std::string& path, std::string_view bytes);  ///< in place
  void Rename(const std::string& from, const std::string& to);      ///< a file or a whole directory; replaces a file
  void Copy(const std::string& from, const std::string& to);
  void Remove(const std::string& path);
  void Link(const std::string& existing, const std::string& path);
  void Symlink(const std::string& target,
               const std::string& path);  ///< to a file or a directory; replaces another symlink
  void MakeFifo(const std::string& path);
  void MakeDirectory(const std::string& path);
  std::string Contents(const std::string& path);
  bool Exists(const std::string& path) { return Status(path).has_value(); }
  /// Time goes on: what is written from now on has this modification time.
  void Tick(std::int64_t nanoseconds) { now_ns_ += nanoseconds; }
  void SetTime(std::int64_t nanoseconds) { now_ns_ = nanoseconds; }
  /// Modification times of directories are rounded down to this; 0: directories keep the time that they have.
  void RoundDirectoryTimes(std::int64_t nanoseconds) { directory_time_step_ = nanoseconds; }

  // --- faults ---
  enum class Operation { kStatus, kOpen, kRead, kList };
  /// Every such operation on `path` fails until Heal.
  void Fail(Operation operation, const std::string& path, std::errc error);
  /// The next `count` such operations, on any path, fail.
  void FailNext(Operation operation, std::errc error, int count);
  void Heal();
  /// A read gives no more than this; 0: no limit.
  void LimitReads(std::size_t bytes) { most_per_read_ = bytes; }

  int open_files() const { return *open_files_; }
  std::uint64_t status_calls() const { return status_calls_; }
  std::uint64_t list_calls() const { return list_calls_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

  // --- ingest::FileSystem ---
  os::FileResult<os::FileStatus> Status(const std::string& path) override;
  std::string Resolve(const std::string& path) override { return Target(path); }
  os::FileResult<std::unique_ptr<os::ReadableFile>> Open(const std::string& path) override;
  os::FileResult<std::vector<os::DirectoryEntry>> List(const std::string& directory) override;

 private:
  friend class MemoryFile;
  std::optional<std::errc> Fault(Operation operation, const std::string& path);
  std::string Target(const std::string& path) const;
  bool IsDirectory(const std::string& path) const;
  void Unlink(const std::string& path);
  os::FileStatus StatusOf(const Inode& inode) const;
  void Touch(Inode& inode) { inode.modified_ns = ++now_ns_; }
  /// A name comes or goes: called before the one and after the other, for a directory exists while something is in it.
  void TouchDirectoryOf(std::string path);

  std::map<std::string, Handle> files_;
  std::map<std::string, std::string> symlinks_;
  std::map<std::string, bool> made_directories_;
  std::vector<std::weak_ptr<Inode>> inodes_;  ///< by number
  std::map<std::pair<Operation, std::string>, std::errc> faults_;
  struct NextFault {
    std::errc error;
    int count;
  };
  std::map<Operation, NextFault> next_faults_;
  std::size_t most_per_read_ = 0;
  std::int64_t now_ns_ = 1'000'000'000'000'000'000;
  std::map<std::string, std::int64_t> directory_times_;
  std::int64_t directory_time_step_ = 1;
  std::uint64_t status_calls_ = 0, list_calls_ = 0;
  std::shared_ptr<int> open_files_ = std::make_shared<int>(0);
  std::uint64_t bytes_read_ = 0;
};

}  // namespace lossd::test
