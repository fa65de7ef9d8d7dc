// Any bytes as an event file, and any message behind checksums that are right: they give the same however they are
// split, and the position never passes what was read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "readers/log_stream.h"
#include "readers/tensorboard/event_file_reader.h"
#include "readers/tensorboard/event_framer.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

struct Figures {
  std::size_t records = 0, samples = 0;
  std::uint64_t offset = 0;
  bool operator==(const Figures&) const = default;
};

Figures Read(std::string_view bytes, std::size_t size) {
  lossd::readers::EventFileReader reader;
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

void ReadSplit(std::string_view bytes) {
  const Figures whole = Read(bytes, std::max<std::size_t>(bytes.size(), 1));
  Require(Read(bytes, 1) == whole && Read(bytes, 7) == whole);
}

std::string Framed(std::string_view message) {
  const auto number = [](std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
  };
  const std::string length = number(message.size(), 8);
  return length + number(lossd::readers::MaskedCrc32c(length), 4) + std::string(message) +
         number(lossd::readers::MaskedCrc32c(message), 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  ReadSplit(bytes);
  ReadSplit(Framed(bytes));
  // By its content, as from a pipe.
  lossd::readers::LogStream log("-");
  log.Push(bytes);
  while (log.Next()) continue;
  while (log.Finish()) continue;
  return 0;
}
