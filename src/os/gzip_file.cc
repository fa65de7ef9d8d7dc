#include "os/gzip_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace lossd::os {
namespace {

constexpr std::size_t kHead = 1024;
constexpr std::size_t kChunk = 64 * 1024;
constexpr int kGzipOnly = 16 + MAX_WBITS;

enum Fault { kCutShort = 1, kDamaged };

class FaultCategory : public std::error_category {
 public:
  const char* name() const noexcept override { return "gzip"; }
  std::string message(int fault) const override {
    return fault == kCutShort ? "the compressed file is cut short; what it still holds was read"
                              : "the compressed file is damaged; what lies before the damage was read";
  }
};

std::error_code MakeError(Fault fault) {
  static const FaultCategory category;
  return {fault, category};
}

class GzipFile : public ReadableFile {
 public:
  GzipFile(std::unique_ptr<ReadableFile> compressed, GzipDamage damage)
      : compressed_(std::move(compressed)), damage_(damage) {
    Start();
  }
  ~GzipFile() override { inflateEnd(&stream_); }

  FileResult<std::size_t> ReadAt(std::uint64_t offset, std::span<char> buffer) override {
    if (offset + buffer.size() <= head_.size()) return Give(std::string_view(head_).substr(offset), buffer);
    if (offset < window_start_) Restart();
    while (offset >= window_start_ + window_.size()) {
      const auto more = Inflate();
      if (!more) return more.error();
      if (*more == 0) return End();
    }
    return Give(std::string_view(window_).substr(static_cast<std::size_t>(offset - window_start_)), buffer);
  }
  FileResult<FileStatus> Status() override { return compressed_->Status(); }

 private:
  static std::size_t Give(std::string_view bytes, std::span<char> buffer) {
    const std::size_t count = std::min(bytes.size(), buffer.size());
    std::memcpy(buffer.data(), bytes.data(), count);
    return count;
  }

  void Start() {
    stream_ = {};
    members_ = 0;
    ended_ = damaged_ = inflateInit2(&stream_, kGzipOnly) != Z_OK;
  }

  FileResult<std::size_t> End() const {
    if (damage_ == GzipDamage::kEndsFile) return std::size_t{0};
    if (damaged_) return MakeError(kDamaged);
    const bool whole = members_ > 0 && (ended_ || stream_.total_in == 0);
    if (!whole) return MakeError(kCutShort);
    return std::size_t{0};
  }

  void Restart() {
    inflateEnd(&stream_);
    Start();
    read_offset_ = 0;
    window_start_ = 0;
    window_.clear();
    head_.clear();
  }

  /// The next piece becomes the window, behind a rest of the last one. Returns its size; 0: the end.
  FileResult<std::size_t> Inflate() {
    if (window_.size() > kHead) {
      window_start_ += window_.size() - kHead;
      window_.erase(0, window_.size() - kHead);
    }
    while (!ended_) {
      if (stream_.avail_in == 0) {
        const auto got = compressed_->ReadAt(read_offset_, input_);
        if (!got) return got.error();
        if (*got == 0) break;
        read_offset_ += *got;
        stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
        stream_.avail_in = static_cast<uInt>(*got);
      }
      const std::size_t before = window_.size();
      window_.resize(before + kChunk);
      stream_.next_out = reinterpret_cast<Bytef*>(window_.data() + before);
      stream_.avail_out = kChunk;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      window_.resize(before + kChunk - stream_.avail_out);
      if (status == Z_STREAM_END) {
        ended_ = inflateReset(&stream_) != Z_OK;  // gzip members may follow one another
        ++members_;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        ended_ = true;
        damaged_ = members_ == 0 || stream_.total_out > 0;
      }
      if (window_.size() > before) {
        if (window_start_ < kHead && head_.size() < kHead) head_ = window_.substr(0, kHead);
        return window_.size() - before;
      }
    }
    return std::size_t{0};
  }

  std::unique_ptr<ReadableFile> compressed_;
  z_stream stream_{};
  std::array<char, kChunk> input_;
  std::uint64_t read_offset_ = 0;   ///< in the compressed file
  std::string window_;              ///< uncompressed bytes at hand
  std::uint64_t window_start_ = 0;  ///< their offset
  std::string head_;
  GzipDamage damage_;
  std::size_t members_ = 0;  ///< that have ended
  bool ended_ = false;
  bool damaged_ = false;
};

}  // namespace

std::unique_ptr<ReadableFile> OpenGzip(std::unique_ptr<ReadableFile> compressed, GzipDamage damage) {
  return std::make_unique<GzipFile>(std::move(compressed), damage);
}

}  // namespace lossd::os
