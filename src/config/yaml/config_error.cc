#include "config/yaml/config_error.h"

namespace lossd::config {

std::string ConfigError::Text() const {
  std::string text = file;
  if (line > 0) text += ':' + std::to_string(line) + ':' + std::to_string(column);
  if (!key.empty()) text += ": " + key;
  return text + ": " + reason;
}

}  // namespace lossd::config
