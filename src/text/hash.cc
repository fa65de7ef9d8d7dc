#include "text/hash.h"

#include <bit>
#include <cstring>

namespace lossd::text {

// A word at a time, since every line read is hashed. Each step can be undone: it loses nothing of what came before.
std::uint64_t HashBytes(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3;
  }
  return hash;
}

std::uint64_t HashOfRecord(std::string_view record) {
  std::uint64_t hash = record.size();
  const auto mix = [&hash](const char* bytes, std::size_t size) {
    constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, size);
    hash = std::rotl(hash ^ word, 32) * kGoldenRatio;
  };
  if (record.size() < 8) {
    if (!record.empty()) mix(record.data(), record.size());
    return hash;
  }
  for (std::size_t at = 0; at + 8 < record.size(); at += 8) mix(record.data() + at, 8);
  mix(record.data() + record.size() - 8, 8);
  return hash;
}

}  // namespace lossd::text
