#include "ingest/formats/wire_format.h"

namespace lossd::ingest {

std::optional<std::uint64_t> WireReader::Varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<WireReader::Entry> WireReader::Next() {
  const auto key = Varint();
  if (!key) return std::nullopt;
  Entry entry;
  entry.field = static_cast<std::uint32_t>(*key >> 3);
  entry.type = static_cast<Type>(*key & 7);
  switch (entry.type) {
    case Type::kVarint: {
      const auto value = Varint();
      if (!value) return std::nullopt;
      entry.number = *value;
      return entry;
    }
    case Type::kFixed64:
    case Type::kFixed32: {
      const std::size_t size = entry.type == Type::kFixed64 ? 8 : 4;
      if (rest_.size() < size) return std::nullopt;
      entry.number = size == 8 ? LoadLittleEndian<std::uint64_t>(rest_) : LoadLittleEndian<std::uint32_t>(rest_);
      rest_.remove_prefix(size);
      return entry;
    }
    case Type::kBytes: {
      const auto size = Varint();
      if (!size || *size > rest_.size()) return std::nullopt;
      entry.bytes = rest_.substr(0, *size);
      rest_.remove_prefix(*size);
      return entry;
    }
  }
  return std::nullopt;
}

}  // namespace lossd::ingest
