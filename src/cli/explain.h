// `lossd explain`: what each line of a log gave, and why the others gave nothing.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "config/config.h"

namespace lossd::cli {

struct ExplainOptions {
  enum class Output : std::uint8_t { kText, kJson };
  std::vector<std::string> files;  ///< "-" is standard input
  Output output = Output::kText;
  bool summary = false;   ///< one line a series in place of one a line
  config::Config config;  ///< tells how each of the files is read
};

/// Reads the files as `replay` does, gzip included. Returns the exit status: 0; 1 where a file could not be read (said
/// on `err`; the others are still read); in text kNothingRead where one gave no sample. As JSON that is no failure:
/// what is written is the answer, and `err` says it too.
int RunExplain(const ExplainOptions& options, std::ostream& out, std::ostream& err);

}  // namespace lossd::cli
