// `lossd generate`: what is made of the program's own tables for shells, for `man` and for editors.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "config/config.h"

namespace lossd::cli {

/// What can be generated: "bash", "zsh" and "fish" (completions), "man" (the manual page), "schema" (the JSON Schema of
/// the configuration).
const std::vector<std::string>& GeneratedTexts();

/// Writes the text named `what`, one of GeneratedTexts(), to `out`. `version` is the program's, for the manual page;
/// `others` read the sections of protocols and sources, for the schema.
int RunGenerate(const std::string& what, const std::string& version, const config::ConfigReaders& others,
                std::ostream& out);

}  // namespace lossd::cli
