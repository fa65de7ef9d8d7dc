// The JSON Schema of the configuration, by which editors complete and check it.
#pragma once

#include <string>

namespace lossd::cli {

/// JSON Schema draft 7, indented, made of the table of keys that the configuration's own reader fills: every key with
/// its type, bounds and default, and no other key allowed.
std::string ConfigSchema();

}  // namespace lossd::cli
