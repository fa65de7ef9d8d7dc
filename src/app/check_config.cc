#include "app/check_config.h"

#include <ostream>

#include "app/config.h"
#include "app/web_config.h"

namespace lossd::app {

int CheckConfig(const std::vector<std::string>& paths, const std::string& web_path, std::ostream& out) {
  int status = 0;
  const auto tell = [&](const std::string& path, const std::vector<ConfigError>& errors) {
    for (const ConfigError& error : errors) out << error.Text() << '\n';
    if (errors.empty()) out << path << ": OK\n";
    if (!errors.empty()) status = 2;
  };
  for (const std::string& path : paths) tell(path, LoadConfig(path).errors);
  if (!web_path.empty()) tell(web_path, LoadWebConfig(web_path).errors);
  return status;
}

}  // namespace lossd::app
