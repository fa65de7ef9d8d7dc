// The life of the process: what the command line asks for, done, and its exit status.
#include <nss.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/daemon.h"
#include "app/parts.h"
#include "app/version.h"
#include "cli/check_config.h"
#include "cli/command_line.h"
#include "cli/command_relay.h"
#include "cli/explain.h"
#include "cli/generate.h"
#include "cli/healthcheck.h"
#include "cli/replay.h"
#include "cli/top/top.h"
#include "config/config.h"
#include "config/web_config.h"
#include "logging/background_output.h"
#include "logging/log.h"
#include "os/posix_file_system.h"

namespace lossd::app {
namespace {

// Exit statuses: 1 where the work failed, 2 where it was never begun because the command line or the configuration is
// wrong.
constexpr int kMisused = 2;
/// Longer than this behind its own limits the daemon hangs.
constexpr auto kEndSlack = std::chrono::seconds(30);

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

/// What the locale says that a terminal can show.
cli::Charset TerminalCharset() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = Environment(name).value_or("");
    if (value.empty()) continue;
    const bool utf8 = value.find("UTF-8") != std::string::npos || value.find("utf8") != std::string::npos;
    return utf8 ? cli::Charset::kUtf8 : cli::Charset::kAscii;
  }
  return cli::Charset::kAscii;
}

/// Output that did not reach its reader is a failure, however well the work went.
int Delivered(int status) {
  std::cout.flush();
  if (std::cout) return status;
  std::cerr << "lossd: the output could not be written\n";
  return 1;
}

enum class ReadsPipe : std::uint8_t { kNo, kYes };

/// What is wrong has been said. A training that writes into our standard input is not to die of it: its output is read
/// to its end all the same.
int Misused(ReadsPipe reads_pipe, const cli::Options& options) {
  struct stat input {};
  const bool is_pipe = fstat(STDIN_FILENO, &input) == 0 && (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode));
  if (reads_pipe == ReadsPipe::kNo || !is_pipe) return kMisused;
  std::signal(SIGPIPE, SIG_IGN);
  cli::Options passing;
  passing.tee = options.tee;
  logging::Log log(logging::LogLevel::kInfo, options.log_format, std::cerr);
  return cli::RunUnderRelay(passing, log, kEndSlack, [](const cli::DaemonSide&) { return kMisused; });
}

/// A static C library would load the modules that /etc/nsswitch.conf names from the system's own C library, whichever
/// version that is. The two that it holds itself need nothing: names come from /etc/hosts and from DNS.
void LookUpHostsWithoutModules() {
#ifdef LOSSD_STATIC
  __nss_configure_lookup("hosts", "files dns");
#endif
}

/// In the process that serves: whoever reads its log, or does not, is nothing that it waits for.
int RunDaemon(const cli::Options& options, const config::Config& config, Parts parts, const cli::DaemonSide* side) {
  logging::BackgroundOutput err(STDERR_FILENO);
  logging::Log log(options.log_level, options.log_format, err.stream());
  return Daemon(options, config, std::move(parts), log, side).Run();
}

std::vector<config::ConfigError> ErrorsOf(config::ConfigDocument& document, const cli::Options& options) {
  std::vector<config::ConfigError> errors = std::move(document.errors);
  if (options.web_config_file.empty()) return errors;
  for (config::ConfigError& error : config::LoadWebConfig(options.web_config_file).errors)
    errors.push_back(std::move(error));
  return errors;
}

void Print(const std::vector<config::ConfigError>& errors, const cli::Options& options) {
  for (const config::ConfigError& error : errors) std::cerr << error.Text() << '\n';
  if (config::IsWebConfig(options.config_file)) {
    std::cerr << options.config_file << ": is a web configuration, for --web.config.file\n";
  }
  if (config::IsPlainConfig(options.web_config_file)) {
    std::cerr << options.web_config_file << ": is a configuration, for --config.file\n";
  }
}

bool ReadsInput(const cli::Options& options) { return std::ranges::count(options.files, os::kStandardInput) > 0; }

/// Does a command that is for what the configuration says.
template <typename Run>
int WithConfig(const cli::Options& options, Run run) {
  Parts parts = MakeParts();
  const config::ConfigReaders readers = ConfigReadersOf(parts);
  config::ConfigDocument document = options.config_file.empty() ? config::ParseConfig("", "", readers)
                                                                : config::LoadConfig(options.config_file, readers);
  const std::vector<config::ConfigError> errors = ErrorsOf(document, options);
  if (errors.empty()) return run(options, std::move(document.config), std::move(parts));
  Print(errors, options);
  return Misused(ReadsInput(options) ? ReadsPipe::kYes : ReadsPipe::kNo, options);
}

int CheckConfig(const cli::Options& options) {
  std::vector<std::string> files = options.files;
  if (!options.config_file.empty()) files.insert(files.begin(), options.config_file);
  const Parts parts = MakeParts();
  return Delivered(cli::CheckConfig(files, options.web_config_file, ConfigReadersOf(parts), std::cout));
}

int Generate(const cli::Options& options) {
  const Parts parts = MakeParts();
  return Delivered(cli::RunGenerate(options.files.front(), BuildVersion().version, ConfigReadersOf(parts), std::cout));
}

int Replay(const cli::Options& options, config::Config config, Parts) {
  return Delivered(cli::RunReplay({.files = options.files,
                                   .job_name = options.job_name,
                                   .output = options.output,
                                   .verbose = options.verbose,
                                   .charset = TerminalCharset(),
                                   .config = std::move(config)},
                                  std::cout, std::cerr));
}

int Explain(const cli::Options& options, config::Config config, Parts) {
  cli::ExplainOptions explain;
  explain.files = options.files;
  explain.summary = options.summary;
  if (options.output == cli::OutputFormat::kJson) explain.output = cli::ExplainOptions::Output::kJson;
  explain.config = std::move(config);
  return Delivered(cli::RunExplain(explain, std::cout, std::cerr));
}

int Top(const cli::Options& options, config::Config config, Parts) {
  cli::TopOptions top;
  top.places = options.files;
  top.listen_address = options.listen_addresses.front();
  top.web_tls =
      !options.web_config_file.empty() && config::LoadWebConfig(options.web_config_file).config.tls.has_value();
  top.charset = options.ascii ? cli::Charset::kAscii : TerminalCharset();
  top.config = std::move(config);
  return cli::RunTop(top, std::cerr);
}

int Serve(const cli::Options& options, config::Config config, Parts parts) {
  // A reader of --tee that goes away must not take the metrics with it.
  std::signal(SIGPIPE, SIG_IGN);
  if (options.command != cli::Command::kExec && !ReadsInput(options)) {
    return RunDaemon(options, config, std::move(parts), nullptr);
  }
  logging::Log log(options.log_level, options.log_format, std::cerr);
  const auto& limits = config.shutdown;
  return cli::RunUnderRelay(
      options, log, limits.exit_grace + 3 * limits.drain_timeout + kEndSlack,
      [&](const cli::DaemonSide& side) { return RunDaemon(options, config, std::move(parts), &side); });
}

int RealMain(const std::vector<std::string>& arguments) {
  const cli::CommandLine line = cli::ParseCommandLine(
      arguments, {Environment, [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }});
  if (!line.error.empty()) {
    std::cerr << "lossd: " << line.error << "\nTry \"lossd --help\".\n";
    return Misused(std::ranges::count(arguments, "-") > 0 ? ReadsPipe::kYes : ReadsPipe::kNo, line.options);
  }
  const cli::Options& options = line.options;
  // Every command has its case, and there is no other: the compiler finds the one that is forgotten.
  switch (options.command) {
    case cli::Command::kHelp:
      return std::cout << line.help, Delivered(0);
    case cli::Command::kVersion:
      return std::cout << VersionText(BuildVersion()), Delivered(0);
    case cli::Command::kHealthcheck:
      return cli::RunHealthcheck(options.listen_addresses.front(), options.web_config_file, std::cerr);
    case cli::Command::kGenerate:
      return Generate(options);
    case cli::Command::kCheckConfig:
      return CheckConfig(options);
    case cli::Command::kReplay:
      return WithConfig(options, Replay);
    case cli::Command::kExplain:
      return WithConfig(options, Explain);
    case cli::Command::kTop:
      return WithConfig(options, Top);
    case cli::Command::kServe:
    case cli::Command::kExec:
      return WithConfig(options, Serve);
  }
  return kMisused;
}

}  // namespace
}  // namespace lossd::app

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  lossd::app::LookUpHostsWithoutModules();
  return lossd::app::RealMain({argv + 1, argv + argc});
}
