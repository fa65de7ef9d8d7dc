// A compressed log of any bytes, read in any order: the same bytes at the same offset, and an end.
#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "fuzz/require.h"
#include "os/gzip_file.h"

namespace {

using lossd::fuzz::Require;
using namespace lossd::os;

constexpr std::size_t kMostRead = 1 << 20;

class Bytes : public ReadableFile {
 public:
  explicit Bytes(const std::string& bytes) : bytes_(bytes) {}
  FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= bytes_.size()) return 0;
    const std::size_t size = std::min<std::size_t>(buffer.size(), bytes_.size() - offset);
    std::copy_n(bytes_.data() + offset, size, buffer.data());
    return size;
  }
  FileResult<FileStatus> Status() override { return FileStatus{.size = bytes_.size()}; }

 private:
  const std::string& bytes_;
};

std::string ReadAll(const std::string& compressed, GzipDamage damage, std::size_t piece) {
  const auto file = OpenGzip(std::make_unique<Bytes>(compressed), damage);
  std::string all, buffer(piece, '\0');
  while (all.size() < kMostRead) {
    const auto size = file->ReadAt(all.size(), buffer);
    if (!size || *size == 0) break;
    Require(*size <= piece);
    all.append(buffer, 0, *size);
  }
  // A step back: the head again.
  const auto again = file->ReadAt(0, buffer);
  if (again) Require(all.starts_with(buffer.substr(0, std::min(*again, all.size()))));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string compressed = lossd::fuzz::Text(data, size);
  const std::string whole = ReadAll(compressed, GzipDamage::kEndsFile, 1 << 16);
  const std::string pieces = ReadAll(compressed, GzipDamage::kFails, 999);
  Require(whole.starts_with(pieces.substr(0, std::min(whole.size(), pieces.size()))));
  return 0;
}
