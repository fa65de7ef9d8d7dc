// The protobuf wire format, as far as event files need it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace lossd::ingest {

/// Little-endian numbers, wherever they lie.
template <typename T>
T LoadLittleEndian(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  T value{};
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// Walks the fields of one message.
class WireReader {
 public:
  enum class Type : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  struct Entry {
    std::uint32_t field = 0;
    Type type = Type::kVarint;
    std::uint64_t number = 0;  ///< of kVarint, and the bits of kFixed64 and kFixed32
    std::string_view bytes;    ///< of kBytes
  };

  explicit WireReader(std::string_view message) : rest_(message) {}

  /// The next field, or nothing at the end or where the message is malformed.
  std::optional<Entry> Next();

 private:
  std::optional<std::uint64_t> Varint();
  std::string_view rest_;
};

}  // namespace lossd::ingest
