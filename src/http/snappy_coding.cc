#include "http/snappy_coding.h"

#include <snappy.h>

namespace lossd::http {
namespace {

using Result = boost::system::result<std::string, DecodeError>;

constexpr std::string_view kStreamIdentifier("\xFF\x06\x00\x00sNaPpY", 10);
constexpr std::size_t kChunkHeadBytes = 4, kChecksumBytes = 4;
enum ChunkType : unsigned char { kCompressed = 0x00, kUncompressed = 0x01, kFirstSkippable = 0x80 };

/// Appends one block. kMalformed where it is none.
boost::system::result<void, DecodeError> AppendBlock(std::string_view block, std::size_t limit, std::string& out) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return DecodeError::kMalformed;
  // What a block claims to hold cannot be more than its bytes can say: 64 bytes for each 3.
  if (size > limit - out.size()) return DecodeError::kTooLarge;
  if (size / 32 > block.size()) return DecodeError::kMalformed;
  const std::size_t begin = out.size();
  out.resize(begin + size);
  if (!snappy::RawUncompress(block.data(), block.size(), out.data() + begin)) return DecodeError::kMalformed;
  return {};
}

Result Unframe(std::string_view body, std::size_t limit) {
  std::string out;
  while (!body.empty()) {
    if (body.size() < kChunkHeadBytes) return DecodeError::kMalformed;
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(body[i])); };
    const auto type = static_cast<unsigned char>(body[0]);
    const std::size_t length = byte(1) | byte(2) << 8 | byte(3) << 16;
    body.remove_prefix(kChunkHeadBytes);
    if (length > body.size()) return DecodeError::kMalformed;
    std::string_view chunk = body.substr(0, length);
    body.remove_prefix(length);
    if (type >= kFirstSkippable) continue;
    if (type > kUncompressed || chunk.size() < kChecksumBytes) return DecodeError::kMalformed;
    chunk.remove_prefix(kChecksumBytes);
    if (type == kCompressed) {
      if (const auto added = AppendBlock(chunk, limit, out); !added) return added.error();
    } else {
      if (chunk.size() > limit - out.size()) return DecodeError::kTooLarge;
      out.append(chunk);
    }
  }
  return out;
}

}  // namespace

Result Unsnappy(std::string_view body, std::size_t limit) {
  if (body.starts_with(kStreamIdentifier)) return Unframe(body, limit);
  std::string out;
  if (const auto added = AppendBlock(body, limit, out); !added) return added.error();
  return out;
}

}  // namespace lossd::http
