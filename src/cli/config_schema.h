// The JSON Schema of the configuration, by which editors complete and check it.
#pragma once

#include <string>

#include "config/config.h"

namespace lossd::cli {

/// JSON Schema draft 7, indented, made of the table of keys that the configuration's own reader fills: every key with
/// its type, bounds and default, and no other key allowed. `others` read the sections of protocols and sources.
std::string ConfigSchema(const config::ConfigReaders& others);

}  // namespace lossd::cli
