// `lossd top`: every job with its curve, live, in a terminal.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/run_text.h"
#include "config/config.h"

namespace lossd::cli {

struct TopOptions {
  /// Logs, or one address of a lossd; none: the lossd of this machine, at `listen_address`.
  std::vector<std::string> places;
  std::string listen_address = ":10333";
  bool web_tls = false;  ///< the lossd of this machine speaks TLS
  Charset charset = Charset::kUtf8;
  config::Config config;  ///< of the logs
};

/// Runs until the user ends it. The exit status: 0, or 1 where there is no terminal, or nothing to show from the start.
int RunTop(const TopOptions& options, std::ostream& err);

}  // namespace lossd::cli
