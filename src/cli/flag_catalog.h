// Every flag of the program in one table: the source of the parser, of the help text and of the table in
// config/README.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "logging/log.h"

namespace lossd::cli {

enum class Command : std::uint8_t {
  kServe,
  kExec,
  kReplay,
  kExplain,
  kTop,
  kCheckConfig,
  kHealthcheck,
  kGenerate,
  kHelp,
  kVersion
};

enum class OutputFormat : std::uint8_t { kText, kJson, kHtml };

/// What the command line and the environment say.
struct Options {
  Command command = Command::kServe;
  std::vector<std::string> files;  ///< "-" is standard input
  std::vector<std::string> child;  ///< exec: the program and its arguments
  std::string config_file;         ///< "": no file, every default
  std::vector<std::string> listen_addresses = {":10333"};
  std::string web_config_file;  ///< "": no TLS, and nobody is asked who he is
  std::string telemetry_path = "/metrics";
  bool enable_lifecycle = false;
  std::string storage_path;  ///< "": state is not saved
  std::string job_name;      ///< of standard input and of the child; "": made from the name of the program or "stdin"
  bool tee = false;          ///< pass standard input through to standard output
  bool pty = false;          ///< exec: the command gets a terminal, whatever our own output is
  logging::LogLevel log_level = logging::LogLevel::kInfo;
  logging::LogFormat log_format = logging::LogFormat::kLogfmt;
  bool summary = false;  ///< explain: a line for each series in place of one for each line
  OutputFormat output = OutputFormat::kText;
  bool ascii = false;    ///< top: draw with ASCII alone, whatever the locale
  bool verbose = false;  ///< replay: the figures behind each event
};

/// A flag and the field that it sets. An enum field takes the position of the word in `choices`.
struct Flag {
  std::string name;         ///< "--web.listen-address"
  std::string placeholder;  ///< what the help calls the value; "" for a switch
  std::string fallback;     ///< the default as text
  std::string help;
  std::vector<Command> commands;  ///< those that take it
  std::variant<bool Options::*, std::string Options::*, std::vector<std::string> Options::*,
               logging::LogLevel Options::*, logging::LogFormat Options::*, OutputFormat Options::*>
      field;
  std::vector<std::string> choices = {};

  bool repeatable() const { return std::holds_alternative<std::vector<std::string> Options::*>(field); }
  bool takes_value() const { return !std::holds_alternative<bool Options::*>(field); }
  bool belongs_to(Command command) const;
  /// The environment twin: "LOSSD_WEB_LISTEN_ADDRESS".
  std::string environment() const;
};

const std::vector<Flag>& FlagCatalog();

struct CommandInfo {
  Command command;
  std::string name;       ///< "check-config"
  std::string arguments;  ///< "FILE"
  std::string help;
};

const std::vector<CommandInfo>& CommandCatalog();

}  // namespace lossd::cli
