// Writes W&B's run files by hand, byte for byte: independently of the code that reads them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/event_file.h"

namespace lossd::support {

inline std::uint32_t PlainChecksum(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

inline std::string Chunk(char type, std::string_view payload) {
  const std::string typed = std::string(1, type) + std::string(payload);
  return LittleEndian(PlainChecksum(typed)) + LittleEndian(static_cast<std::uint16_t>(payload.size())) + typed;
}

/// A run file that is written record by record.
class RunFile {
 public:
  static constexpr std::size_t kBlock = 32768, kHead = 7;

  RunFile& Add(std::string_view message) {
    for (bool first = true;; first = false) {
      std::size_t left = kBlock - bytes.size() % kBlock;
      if (left < kHead) {
        bytes.append(left, '\0');
        left = kBlock;
      }
      const std::string_view part = message.substr(0, std::min(message.size(), left - kHead));
      message.remove_prefix(part.size());
      const bool last = message.empty();
      bytes += Chunk(static_cast<char>(first ? (last ? 1 : 2) : (last ? 4 : 3)), part);
      if (last) return *this;
    }
  }

  std::string bytes = std::string(":W&B\xE1\xBE\x00", 7);
};

using RunItems = std::vector<std::pair<std::string, std::string>>;

/// A row of the history: nested keys and values in JSON.
inline std::string RowMessage(std::uint64_t step, const RunItems& items) {
  std::string history;
  for (const auto& [key, json] : items) history += BytesField(1, BytesField(2, key) + BytesField(16, json));
  history += BytesField(1, BytesField(2, "_step") + BytesField(16, std::to_string(step)));
  return BytesField(2, history + BytesField(2, VarintField(1, step)));
}

inline std::string RunMessage(std::string_view id, std::string_view name) {
  return BytesField(17, BytesField(1, id) + BytesField(3, "demo") + BytesField(8, name));
}

inline std::string ExitMessage(std::uint64_t code) { return BytesField(18, VarintField(1, code)); }

}  // namespace lossd::support
