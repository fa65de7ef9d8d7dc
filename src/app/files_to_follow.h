// Which logs the configuration and the command line want followed.
#pragma once

#include <string>
#include <vector>

#include "cli/command_relay.h"
#include "cli/flag_catalog.h"
#include "config/config.h"
#include "sources/files/tailer.h"

namespace lossd::app {

/// The entries of the configuration, then each of `arguments` (the files of the command line), then what the command of
/// `exec` writes. `relay`: null where there is none.
std::vector<sources::SourceOptions> FilesToFollow(const config::Config& config, const cli::Options& options,
                                                  const std::vector<std::string>& arguments,
                                                  const cli::DaemonSide* relay);

}  // namespace lossd::app
