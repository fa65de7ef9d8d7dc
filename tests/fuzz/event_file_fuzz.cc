// Any bytes as an event file, and any message behind checksums that are right.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/record_file.h"
#include "readers/log_stream.h"
#include "readers/tensorboard/event_file_reader.h"
#include "support/event_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lossd::readers::EventFileReader;
  const std::string bytes = lossd::fuzz::Text(data, size);
  lossd::fuzz::ReadSplit<EventFileReader>(bytes);
  lossd::fuzz::ReadSplit<EventFileReader>(lossd::support::Record(bytes));
  // By its content, as from a pipe.
  lossd::readers::LogStream log("-");
  log.Push(bytes);
  while (log.Next()) continue;
  while (log.Finish()) continue;
  return 0;
}
