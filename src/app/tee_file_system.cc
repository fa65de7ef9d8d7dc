#include "app/tee_file_system.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "ingest/posix_file_system.h"

namespace lossd::app {
namespace {

/// False where nobody reads any more.
bool WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

class TeeFile : public ingest::ReadableFile {
 public:
  TeeFile(std::unique_ptr<ingest::ReadableFile> file, int descriptor)
      : file_(std::move(file)), descriptor_(descriptor) {}

  ingest::FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) override {
    auto size = file_->ReadAt(offset, buffer);
    if (!size) return size;
    // What is read again, to recognise the file, was passed on before.
    const std::uint64_t end = offset + *size;
    if (open_ && end > passed_) {
      const std::uint64_t fresh = end - std::max(offset, passed_);
      open_ = WriteAll(descriptor_, {buffer.data() + (*size - fresh), fresh});
      passed_ = end;
    }
    return size;
  }
  ingest::FileResult<ingest::FileStatus> Status() override { return file_->Status(); }

 private:
  std::unique_ptr<ingest::ReadableFile> file_;
  int descriptor_;
  std::uint64_t passed_ = 0;
  bool open_ = true;
};

}  // namespace

TeeFileSystem::TeeFileSystem(std::unique_ptr<ingest::FileSystem> files, int descriptor)
    : files_(std::move(files)), descriptor_(descriptor) {}

ingest::FileResult<ingest::FileStatus> TeeFileSystem::Status(const std::string& path) { return files_->Status(path); }

ingest::FileResult<std::unique_ptr<ingest::ReadableFile>> TeeFileSystem::Open(const std::string& path) {
  auto file = files_->Open(path);
  if (!file || path != ingest::kStandardInput) return file;
  return std::unique_ptr<ingest::ReadableFile>(std::make_unique<TeeFile>(std::move(*file), descriptor_));
}

ingest::FileResult<std::vector<ingest::DirectoryEntry>> TeeFileSystem::List(const std::string& directory) {
  return files_->List(directory);
}

}  // namespace lossd::app
