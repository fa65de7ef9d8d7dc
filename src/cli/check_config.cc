#include "cli/check_config.h"

#include <ostream>

#include "config/web_config.h"

namespace lossd::cli {

int CheckConfig(const std::vector<std::string>& paths, const std::string& web_path, const config::ConfigReaders& others,
                std::ostream& out) {
  int status = 0;
  const auto report = [&](const std::string& path, const std::vector<config::ConfigError>& errors) {
    for (const config::ConfigError& error : errors) out << error.Text() << '\n';
    if (errors.empty()) out << path << ": OK\n";
    if (!errors.empty()) status = 2;
  };
  for (const std::string& path : paths) {
    if (!config::IsWebConfig(path)) {
      report(path, config::LoadConfig(path, others).errors);
    } else {
      report(path, config::LoadWebConfig(path).errors);
      out << path << ": is a web configuration, for --web.config.file\n";
    }
  }
  if (!web_path.empty()) {
    report(web_path, config::LoadWebConfig(web_path).errors);
    if (config::IsPlainConfig(web_path)) out << web_path << ": is a configuration, for --config.file\n";
  }
  return status;
}

}  // namespace lossd::cli
