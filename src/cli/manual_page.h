// The manual page lossd(1), from the catalogs of flags and commands.
#pragma once

#include <string>

namespace lossd::cli {

/// In the macros of man(7). `version` stands in its footer.
std::string ManualPage(const std::string& version);

}  // namespace lossd::cli
