// What is wrong with a configuration, and where.
#pragma once

#include <string>

namespace lossd::config {

struct ConfigError {
  std::string file;
  int line = 0, column = 0;  ///< from 1; 0 where the error has no place (the file cannot be read)
  std::string key;           ///< dotted, with positions in lists: "files[0].path"; "" for the document itself
  std::string reason;

  /// `file:line:column: key: reason`, without the parts that are absent.
  std::string Text() const;
};

}  // namespace lossd::config
