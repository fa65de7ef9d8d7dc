#include "ingest/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace lossd::ingest {
namespace {

std::error_code LastError() { return {errno, std::generic_category()}; }

FileStatus FromStat(const struct stat& status) {
  FileStatus result;
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.size = status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  result.modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  result.links = status.st_nlink;
  if (S_ISREG(status.st_mode)) {
    result.kind = FileKind::kRegular;
  } else if (S_ISDIR(status.st_mode)) {
    result.kind = FileKind::kDirectory;
  } else if (S_ISFIFO(status.st_mode)) {
    result.kind = FileKind::kFifo;
  } else {
    result.kind = FileKind::kOther;
  }
  return result;
}

/// Waiting for input by poll(2) instead of O_NONBLOCK: the flag belongs to the open file, which standard input shares
/// with others.
bool InputIsReady(int descriptor) {
  pollfd waiting{descriptor, POLLIN, 0};
  return poll(&waiting, 1, 0) > 0;
}

class PosixFile : public ReadableFile {
 public:
  PosixFile(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override {
    if (owned_) close(descriptor_);
  }

  FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) override {
    ssize_t count = 0;
    do {
      count = pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == ESPIPE) {
        if (!owned_ && !InputIsReady(descriptor_)) return std::error_code(EAGAIN, std::generic_category());
        count = read(descriptor_, buffer.data(), buffer.size());
      }
    } while (count < 0 && errno == EINTR);
    if (count < 0) return LastError();
    return static_cast<std::size_t>(count);
  }

  FileResult<FileStatus> Status() override {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) return LastError();
    return FromStat(status);
  }

 private:
  int descriptor_;
  bool owned_;
};

}  // namespace

FileResult<FileStatus> PosixFileSystem::Status(const std::string& path) {
  struct stat status {};
  const int failed = path == kStandardInput ? fstat(STDIN_FILENO, &status) : stat(path.c_str(), &status);
  if (failed != 0) return LastError();
  return FromStat(status);
}

FileResult<std::unique_ptr<ReadableFile>> PosixFileSystem::Open(const std::string& path) {
  if (path == kStandardInput) return std::unique_ptr<ReadableFile>(std::make_unique<PosixFile>(STDIN_FILENO, false));
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return LastError();
  return std::unique_ptr<ReadableFile>(std::make_unique<PosixFile>(descriptor, true));
}

FileResult<std::vector<DirectoryEntry>> PosixFileSystem::List(const std::string& directory) {
  DIR* stream = opendir(directory.c_str());
  if (stream == nullptr) return LastError();
  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream);
    if (entry == nullptr) break;
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const bool may_be_directory = entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    entries.push_back({std::move(name), may_be_directory});
  }
  const int failure = errno;
  closedir(stream);
  if (failure != 0) return std::error_code(failure, std::generic_category());
  return entries;
}

}  // namespace lossd::ingest
