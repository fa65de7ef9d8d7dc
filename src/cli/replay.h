// `lossd replay`: finished logs, offline, as a timeline of regimes and events.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/flag_catalog.h"
#include "cli/run_text.h"
#include "config/config.h"

namespace lossd::cli {

struct ReplayOptions {
  std::vector<std::string> files;  ///< "-" is standard input
  std::string job_name;            ///< of every file; "": made from each path
  OutputFormat output = OutputFormat::kText;
  bool verbose = false;              ///< in text: every event with its figures as it comes, then a line for each series
  Charset charset = Charset::kUtf8;  ///< of what is drawn in text
  config::Config
      config;  ///< trackers, series rules and limits; of the files, the reader of the first entry with that very path
};

/// Reads the files one behind the other. As JSON: writes what every sample brought about, then a summary of every
/// series. As text: each series in a few lines, see RunText. As HTML: one page, see RunPage.
///
/// There is no time in a replay, so nothing stalls or expires.
///
/// Returns the exit status: 0, or 1 where a file could not be read (said on `err`; the others are still read).
int RunReplay(const ReplayOptions& options, std::ostream& out, std::ostream& err);

}  // namespace lossd::cli
