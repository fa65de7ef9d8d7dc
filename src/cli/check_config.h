// `lossd check-config`: what is wrong with a configuration, before it is used.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "config/config.h"

namespace lossd::cli {

/// Writes every error of every file, and of the web configuration at `web_path` ("": none), a line each, and `FILE: OK`
/// for a file without any. A web configuration among `paths` is known by its keys, and checked as one. `others` read
/// the sections of protocols and sources. Returns the exit status: 0, or 2 on any error.
int CheckConfig(const std::vector<std::string>& paths, const std::string& web_path, const config::ConfigReaders& others,
                std::ostream& out);

}  // namespace lossd::cli
