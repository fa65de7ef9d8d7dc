// What holds for every reader of record files, whatever the bytes: they give the same however they are split, and the
// position never passes what was read.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fuzz/require.h"

namespace lossd::fuzz {

struct Figures {
  std::size_t records = 0, samples = 0;
  std::uint64_t offset = 0;
  bool operator==(const Figures&) const = default;
};

/// What `Reader` gives of bytes that come `size` at a time.
template <typename Reader>
Figures Read(std::string_view bytes, std::size_t size) {
  Reader reader;
  Figures figures;
  std::size_t pushed = 0;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    const std::string_view piece = bytes.substr(0, size);
    pushed += piece.size();
    reader.Push(piece);
    while (const auto entry = reader.Next()) {
      ++figures.records;
      figures.samples += entry.result.samples.size();
      Require(reader.offset() <= pushed);
    }
    Require(reader.offset() <= pushed);
  }
  figures.offset = reader.offset();
  while (const auto entry = reader.Finish()) figures.samples += entry.result.samples.size();
  return figures;
}

/// Byte by byte only where they are few: it is what takes most of the time of an input.
template <typename Reader>
void ReadSplit(std::string_view bytes) {
  constexpr std::size_t kFewBytes = 512;
  const Figures whole = Read<Reader>(bytes, std::max<std::size_t>(bytes.size(), 1));
  Require(Read<Reader>(bytes, 7) == whole);
  if (bytes.size() <= kFewBytes) Require(Read<Reader>(bytes, 1) == whole);
}

}  // namespace lossd::fuzz
