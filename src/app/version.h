// Who this program is.
#pragma once

#include <string>

namespace lossd::app {

struct Version {
  std::string version, revision, compiler;
  std::string libraries;  ///< names and versions of what it was built with, separated by ", "
};

Version BuildVersion();

/// What `lossd --version` prints: a line each, with a newline at the end.
std::string VersionText(const Version& version);

}  // namespace lossd::app
