// Descriptions of the common terminals, built into the program: an image without files, and many a container, has none.
#pragma once

#include <string_view>

namespace lossd::cli {

struct BuiltInTerminal {
  std::string_view name;    ///< as in TERM
  const char* description;  ///< as ncurses takes it in TERMINFO
};

/// The one that does what a terminal of this name (TERM) understands; null where nothing is known of it, or it is dumb.
const BuiltInTerminal* FindBuiltInTerminal(std::string_view term);

}  // namespace lossd::cli
