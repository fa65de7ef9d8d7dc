#include "cli/log_input.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "os/gzip_file.h"
#include "os/posix_file_system.h"

namespace lossd::cli {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

using Take = std::function<void(std::string_view)>;

std::error_code ReadDescriptor(int descriptor, const Take& take) {
  std::string buffer(kPieceBytes, '\0');
  while (true) {
    const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
    if (size == 0) return {};
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {errno, std::generic_category()};
    take({buffer.data(), static_cast<std::size_t>(size)});
  }
}

std::error_code ReadPacked(const std::string& path, const Take& take) {
  os::PosixFileSystem files;
  auto packed = files.Open(path);
  if (!packed) return packed.error();
  const auto file = os::OpenGzip(std::move(*packed), os::GzipDamage::kFails);
  std::string buffer(kPieceBytes, '\0');
  std::uint64_t offset = 0;
  while (true) {
    const auto size = file->ReadAt(offset, buffer);
    if (!size) return size.error();
    if (*size == 0) return {};
    take({buffer.data(), *size});
    offset += *size;
  }
}

}  // namespace

std::error_code ReadLog(const std::string& path, const Take& take) {
  if (path == os::kStandardInput) return ReadDescriptor(STDIN_FILENO, take);
  if (path.ends_with(".gz")) return ReadPacked(path, take);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return {errno, std::generic_category()};
  const std::error_code error = ReadDescriptor(descriptor, take);
  ::close(descriptor);
  return error;
}

}  // namespace lossd::cli
