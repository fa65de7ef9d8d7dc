#include "cli/flag_catalog.h"

#include <algorithm>

namespace lossd::cli {

bool Flag::belongs_to(Command command) const { return std::ranges::find(commands, command) != commands.end(); }

std::string Flag::environment() const {
  std::string twin = "LOSSD_";
  for (const char c : name.substr(2)) {
    twin += c == '.' || c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return twin;
}

const std::vector<Flag>& FlagCatalog() {
  using enum Command;
  static const std::vector<Command> kDaemon = {kServe, kExec};
  static const std::vector<Command> kOffline = {kReplay, kExplain};
  static const std::vector<Command> kReading = {kServe, kExec, kReplay, kExplain};
  static const std::vector<Command> kConfigured = {kServe, kExec, kReplay, kExplain, kTop, kCheckConfig};
  static const std::vector<Command> kListening = {kServe, kExec, kHealthcheck, kTop};
  static const std::vector<Command> kGuarded = {kServe, kExec, kCheckConfig, kHealthcheck, kTop};
  static const std::vector<Flag> kFlags = {
      {"--config.file", "FILE", "", "Configuration file (YAML). Without one every default holds.", kConfigured,
       &Options::config_file},
      {"--web.listen-address", "HOST:PORT", ":10333",
       "Address to listen on; may be given several times, each with its share of the connections: one for scrapes and "
       "probes alone is never crowded out.",
       kListening, &Options::listen_addresses},
      {"--web.config.file", "FILE", "",
       "File with TLS, users and bearer tokens (YAML). Without one everything is open.", kGuarded,
       &Options::web_config_file},
      {"--web.telemetry-path", "PATH", "/metrics", "Path of the metrics page.", kDaemon, &Options::telemetry_path},
      {"--web.enable-lifecycle", "", "false", "Allow a reload of the configuration with POST /-/reload.", kDaemon,
       &Options::enable_lifecycle},
      {"--storage.path", "DIR", "", "Directory for the state that survives a restart. Without one nothing is saved.",
       kDaemon, &Options::storage_path},
      {"--job.name", "NAME", "",
       "Training job of standard input (default: stdin) or of the child (default: the program's name).", kReading,
       &Options::job_name},
      {"--tee", "", "false", "Pass standard input through to standard output.", {kServe}, &Options::tee},
      {"--pty",
       "",
       "false",
       "Give the command a terminal even where our own output is none, so that bars are drawn.",
       {kExec},
       &Options::pty},
      {"--output",
       "FORMAT",
       "text",
       "Output: text or json; of replay also html, one page with pictures.",
       kOffline,
       &Options::output,
       {"text", "json", "html"}},
      {"--ascii", "", "false", "Draw with ASCII alone, whatever the locale.", {kTop}, &Options::ascii},
      {"--verbose",
       "",
       "false",
       "With text: every event as it comes, with the figures behind it.",
       {kReplay},
       &Options::verbose},
      {"--summary",
       "",
       "false",
       "One line for each series in place of one for each line.",
       {kExplain},
       &Options::summary},
      {"--log.level",
       "LEVEL",
       "info",
       "Least severe messages to log: debug, info, warn or error.",
       kReading,
       &Options::log_level,
       {"debug", "info", "warn", "error"}},
      {"--log.format",
       "FORMAT",
       "logfmt",
       "Form of log messages: logfmt or json.",
       kReading,
       &Options::log_format,
       {"logfmt", "json"}},
  };
  return kFlags;
}

const std::vector<CommandInfo>& CommandCatalog() {
  static const std::vector<CommandInfo> kCommands = {
      {Command::kServe, "serve", "[FILE...]",
       "Serve metrics, following FILEs and what the configuration names (default)."},
      {Command::kExec, "exec", "-- CMD...", "Run a training command and serve what its output tells."},
      {Command::kReplay, "replay", "FILE...", "Tell the regimes and events of finished logs, offline."},
      {Command::kExplain, "explain", "FILE...", "Show what each line of a log gave, or why it gave nothing."},
      {Command::kTop, "top", "[URL] [FILE...]",
       "Watch every job with its curve in a terminal: of the lossd at URL (default: this machine's), or logs."},
      {Command::kCheckConfig, "check-config", "[FILE...]", "Report every error of a configuration; exit 2 on any."},
      {Command::kHealthcheck, "healthcheck", "", "Ask a running lossd whether it is ready; exit 1 where it is not."},
      {Command::kGenerate, "generate", "TEXT",
       "Print a completion (bash, zsh, fish), the manual page (man) or the schema of the configuration (schema)."},
  };
  return kCommands;
}

}  // namespace lossd::cli
