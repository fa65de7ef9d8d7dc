#include "os/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

namespace lossd::os {
namespace {

constexpr std::int64_t kMostSeconds = 4'000'000'000;  // from the epoch: what fits into nanoseconds, twice

std::error_code LastError() { return {errno, std::generic_category()}; }

FileStatus FromStat(const struct stat& status) {
  FileStatus result;
  result.device = status.st_dev;
  result.inode = status.st_ino;
  result.size = status.st_size > 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  // Anybody may give a file of his any time that there is.
  const std::int64_t seconds = std::clamp<std::int64_t>(status.st_mtim.tv_sec, -kMostSeconds, kMostSeconds);
  result.modified_ns = seconds * 1'000'000'000 + status.st_mtim.tv_nsec;
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

FileResult<FileStatus> StatusOf(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return LastError();
  return FromStat(status);
}

/// Waiting by poll(2) instead of O_NONBLOCK: the flag belongs to the open file, which a stream shares with others.
bool IsReady(int descriptor, short events, int milliseconds) {
  pollfd waiting{descriptor, events, 0};
  return ::poll(&waiting, 1, milliseconds) > 0;
}

class PosixFile : public ReadableFile {
 public:
  explicit PosixFile(int descriptor) : descriptor_(descriptor) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override { close(descriptor_); }

  FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) override {
    ssize_t count = 0;
    do {
      count = pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == ESPIPE) count = read(descriptor_, buffer.data(), buffer.size());
    } while (count < 0 && errno == EINTR);
    if (count < 0) return LastError();
    return static_cast<std::size_t>(count);
  }
  FileResult<FileStatus> Status() override { return StatusOf(descriptor_); }

 private:
  int descriptor_;
};

class StreamFile : public ReadableFile {
 public:
  StreamFile(int descriptor, int pass_through) : descriptor_(descriptor), pass_through_(pass_through) {}

  FileResult<std::size_t> ReadAt(std::uint64_t, std::span<char> buffer) override {
    if (!IsReady(descriptor_, POLLIN, 0)) return std::error_code(EAGAIN, std::generic_category());
    ssize_t count = 0;
    do {
      count = read(descriptor_, buffer.data(), buffer.size());
    } while (count < 0 && errno == EINTR);
    // A pseudo-terminal whose last writer has gone says EIO where a pipe says 0.
    if (count < 0 && errno != EIO) return LastError();
    if (count <= 0) return std::size_t{0};
    PassOn(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    return static_cast<std::size_t>(count);
  }
  FileResult<FileStatus> Status() override { return StatusOf(descriptor_); }

 private:
  void PassOn(std::string_view bytes) {
    while (pass_through_ >= 0 && !bytes.empty()) {
      const ssize_t written = write(pass_through_, bytes.data(), bytes.size());
      if (written > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (written < 0 && errno == EAGAIN) {
        IsReady(pass_through_, POLLOUT, -1);
      } else if (written < 0 && errno != EINTR) {
        pass_through_ = -1;
      }
    }
  }

  int descriptor_;
  int pass_through_;
};

}  // namespace

const InputStream* PosixFileSystem::FindStream(const std::string& path) const {
  const auto stream =
      std::find_if(streams_.begin(), streams_.end(), [&](const InputStream& s) { return s.path == path; });
  return stream == streams_.end() ? nullptr : &*stream;
}

FileResult<FileStatus> PosixFileSystem::Status(const std::string& path) {
  if (const InputStream* stream = FindStream(path)) {
    auto status = StatusOf(stream->descriptor);
    if (status) status->kind = FileKind::kFifo;  // whatever it is: it is read as it comes
    return status;
  }
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return LastError();
  return FromStat(status);
}

std::string PosixFileSystem::Resolve(const std::string& path) {
  char* const resolved = realpath(path.c_str(), nullptr);
  std::string result = resolved != nullptr ? resolved : path;
  free(resolved);
  return result;
}

std::string PosixFileSystem::Absolute(const std::string& path) {
  if (IsStreamPath(path)) return path;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

FileResult<std::unique_ptr<ReadableFile>> PosixFileSystem::Open(const std::string& path) {
  if (const InputStream* stream = FindStream(path)) {
    return std::unique_ptr<ReadableFile>(std::make_unique<StreamFile>(stream->descriptor, stream->pass_through));
  }
  const int descriptor = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (descriptor < 0) return LastError();
  return std::unique_ptr<ReadableFile>(std::make_unique<PosixFile>(descriptor));
}

FileSystem::Writers PosixFileSystem::WritersOf(const FileStatus& file) {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  switch (writers_.Find(file.device, file.inode, now)) {
    case FileWriters::Answer::kSeen:
      return Writers::kSeen;
    case FileWriters::Answer::kUnseen:
      return Writers::kUnseen;
    case FileWriters::Answer::kNone:
      return Writers::kNone;
  }
  return Writers::kUnknown;
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

}  // namespace lossd::os
