#include "ingest/formats/event_record.h"

#include <array>
#include <bit>
#include <optional>

#include "ingest/formats/wire_format.h"

namespace lossd::ingest {
namespace {

using std::string_view;
using Type = WireReader::Type;

constexpr std::array<std::uint32_t, 256> MakeCrcTable() {
  constexpr std::uint32_t kCastagnoli = 0x82F63B78;  // reflected
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? kCastagnoli : 0);
    table[i] = crc;
  }
  return table;
}

/// The one number of a TensorProto: DT_FLOAT or DT_DOUBLE, as its list of values or as raw bytes.
std::optional<double> ParseTensor(string_view message) {
  constexpr std::uint64_t kFloat = 1, kDouble = 2;
  std::uint64_t type = 0;
  std::optional<double> value;
  WireReader reader(message);
  while (const auto entry = reader.Next()) {
    if (entry->field == 1 && entry->type == Type::kVarint) {
      type = entry->number;
    } else if (entry->field == 4 && entry->type == Type::kBytes) {
      if (type == kFloat && entry->bytes.size() == 4)
        value = static_cast<double>(LoadLittleEndian<float>(entry->bytes));
      if (type == kDouble && entry->bytes.size() == 8) value = LoadLittleEndian<double>(entry->bytes);
    } else if (entry->field == 5) {
      if (entry->type == Type::kFixed32)
        value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(entry->number)));
      if (entry->type == Type::kBytes && entry->bytes.size() == 4)
        value = static_cast<double>(LoadLittleEndian<float>(entry->bytes));
    } else if (entry->field == 6) {
      if (entry->type == Type::kFixed64) value = std::bit_cast<double>(entry->number);
      if (entry->type == Type::kBytes && entry->bytes.size() == 8) value = LoadLittleEndian<double>(entry->bytes);
    }
  }
  return value;
}

void ParseValue(string_view message, Event& event) {
  string_view tag;
  std::optional<double> value;
  WireReader reader(message);
  while (const auto entry = reader.Next()) {
    if (entry->field == 1 && entry->type == Type::kBytes) {
      tag = entry->bytes;
    } else if (entry->field == 2 && entry->type == Type::kFixed32) {
      value = static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(entry->number)));
    } else if (entry->field == 8 && entry->type == Type::kBytes) {
      if (const auto number = ParseTensor(entry->bytes)) value = number;
    }
  }
  if (!tag.empty() && value) event.scalars.push_back({tag, *value});
}

}  // namespace

void ParseEvent(string_view message, Event& event) {
  event.wall_time = 0;
  event.step = 0;
  event.scalars.clear();
  WireReader reader(message);
  while (const auto entry = reader.Next()) {
    if (entry->field == 1 && entry->type == Type::kFixed64) {
      event.wall_time = std::bit_cast<double>(entry->number);
    } else if (entry->field == 2 && entry->type == Type::kVarint) {
      event.step = static_cast<std::int64_t>(entry->number);
    } else if (entry->field == 5 && entry->type == Type::kBytes) {
      WireReader summary(entry->bytes);
      while (const auto value = summary.Next()) {
        if (value->field == 1 && value->type == Type::kBytes) ParseValue(value->bytes, event);
      }
    }
  }
}

std::uint32_t MaskedCrc32c(string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = MakeCrcTable();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFFU] ^ (crc >> 8);
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

}  // namespace lossd::ingest
