// Any bytes may stand in an event file; so may any message behind a checksum that is right.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "ingest/event_file_reader.h"
#include "ingest/formats/event_record.h"

namespace {

using lossd::ingest::EventFileReader;

std::string Framed(std::string_view message) {
  const auto number = [](std::uint64_t value, std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
    return text;
  };
  const std::string length = number(message.size(), 8);
  return length + number(lossd::ingest::MaskedCrc32c(length), 4) + std::string(message) +
         number(lossd::ingest::MaskedCrc32c(message), 4);
}

void Read(std::string_view bytes) {
  EventFileReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    reader.Push(bytes.substr(at, 7));
    while (reader.Next()) {
    }
  }
  if (reader.offset() > bytes.size()) std::abort();
  reader.Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Read(bytes);
  Read(Framed(bytes));
  return 0;
}
