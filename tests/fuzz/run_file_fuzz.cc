// Any bytes as a W&B run file, and any message behind checksums that are right.
#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/record_file.h"
#include "readers/wandb/run_file_reader.h"
#include "support/run_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using lossd::readers::RunFileReader;
  using lossd::support::RunFile;
  const std::string bytes = lossd::fuzz::Text(data, size);
  lossd::fuzz::ReadSplit<RunFileReader>(bytes);
  lossd::fuzz::ReadSplit<RunFileReader>(RunFile().bytes + bytes);
  lossd::fuzz::ReadSplit<RunFileReader>(RunFile().Add(bytes).Add(bytes).bytes);
  return 0;
}
