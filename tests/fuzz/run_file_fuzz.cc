// Any bytes as a W&B run file, and any message behind checksums that are right: they give the same however they are
// split, and the position never passes what was read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "readers/wandb/run_file_reader.h"
#include "support/run_file.h"

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
  lossd::readers::RunFileReader reader;
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
  }
  figures.offset = reader.offset();
  while (const auto entry = reader.Finish()) figures.samples += entry.result.samples.size();
  return figures;
}

void ReadSplit(std::string_view bytes) {
  const Figures whole = Read(bytes, std::max<std::size_t>(bytes.size(), 1));
  Require(Read(bytes, 1) == whole && Read(bytes, 7) == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const std::string head = lossd::support::RunFile().bytes;
  ReadSplit(bytes);
  ReadSplit(head + bytes);
  ReadSplit(lossd::support::RunFile().Add(bytes).Add(bytes).bytes);
  return 0;
}
