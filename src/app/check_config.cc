#include "app/check_config.h"

#include <ostream>

#include "app/config.h"

namespace lossd::app {

int CheckConfig(const std::vector<std::string>& paths, std::ostream& out) {
  int status = 0;
  for (const std::string& path : paths) {
    const ConfigDocument document = LoadConfig(path);
    for (const ConfigError& error : document.errors) out << error.Text() << '\n';
    if (document.errors.empty()) {
      out << path << ": OK\n";
    } else {
      status = 2;
    }
  }
  return status;
}

}  // namespace lossd::app
