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

int RealMain(const std::vector<std::string>& arguments) {
  const cli::CommandLine line = cli::ParseCommandLine(
      arguments, {Environment, [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }});
  if (!line.error.empty()) {
    std::cerr << "lossd: " << line.error << "\nTry \"lossd --help\".\n";
    return Misused(std::ranges::count(arguments, "-") > 0 ? ReadsPipe::kYes : ReadsPipe::kNo, line.options);
  }
  const cli::Options& options = line.options;
  const bool reads_input = std::ranges::count(options.files, os::kStandardInput) > 0;
  if (options.command == cli::Command::kHelp) return std::cout << line.help, Delivered(0);
  if (options.command == cli::Command::kVersion) return std::cout << VersionText(BuildVersion()), Delivered(0);
  if (options.command == cli::Command::kHealthcheck) {
    return cli::RunHealthcheck(options.listen_addresses.front(), options.web_config_file, std::cerr);
  }
  Parts parts = MakeParts();
  const config::ConfigReaders readers = ConfigReadersOf(parts);
  if (options.command == cli::Command::kGenerate) {
    return Delivered(cli::RunGenerate(options.files.front(), BuildVersion().version, readers, std::cout));
  }
  if (options.command == cli::Command::kCheckConfig) {
    std::vector<std::string> files = options.files;
    if (!options.config_file.empty()) files.insert(files.begin(), options.config_file);
    return Delivered(cli::CheckConfig(files, options.web_config_file, readers, std::cout));
  }

  config::ConfigDocument document = options.config_file.empty() ? config::ParseConfig("", "", readers)
                                                                : config::LoadConfig(options.config_file, readers);
  std::vector<config::ConfigError> errors = std::move(document.errors);
  if (!options.web_config_file.empty()) {
    for (config::ConfigError& error : config::LoadWebConfig(options.web_config_file).errors)
      errors.push_back(std::move(error));
  }
  for (const config::ConfigError& error : errors) std::cerr << error.Text() << '\n';
  if (!errors.empty() && config::IsWebConfig(options.config_file)) {
    std::cerr << options.config_file << ": is a web configuration, for --web.config.file\n";
  }
  if (!errors.empty() && config::IsPlainConfig(options.web_config_file)) {
    std::cerr << options.web_config_file << ": is a configuration, for --config.file\n";
  }
  if (!errors.empty()) return Misused(reads_input ? ReadsPipe::kYes : ReadsPipe::kNo, options);

  switch (options.command) {
    case cli::Command::kReplay:
      return Delivered(cli::RunReplay({.files = options.files,
                                       .job_name = options.job_name,
                                       .output = options.output,
                                       .verbose = options.verbose,
                                       .charset = TerminalCharset(),
                                       .config = document.config},
                                      std::cout, std::cerr));
    case cli::Command::kTop: {
      cli::TopOptions top;
      top.places = options.files;
      top.listen_address = options.listen_addresses.front();
      top.web_tls =
          !options.web_config_file.empty() && config::LoadWebConfig(options.web_config_file).config.tls.has_value();
      top.charset = options.ascii ? cli::Charset::kAscii : TerminalCharset();
      top.config = std::move(document.config);
      return cli::RunTop(top, std::cerr);
    }
    case cli::Command::kExplain: {
      cli::ExplainOptions explain;
      explain.files = options.files;
      explain.summary = options.summary;
      if (options.output == cli::OutputFormat::kJson) explain.output = cli::ExplainOptions::Output::kJson;
      explain.config = std::move(document.config);
      return Delivered(cli::RunExplain(explain, std::cout, std::cerr));
    }
    default: {
      // A reader of --tee that goes away must not take the metrics with it.
      std::signal(SIGPIPE, SIG_IGN);
      if (options.command != cli::Command::kExec && !reads_input) {
        return RunDaemon(options, document.config, std::move(parts), nullptr);
      }
      logging::Log log(options.log_level, options.log_format, std::cerr);
      const auto& limits = document.config.shutdown;
      return cli::RunUnderRelay(
          options, log, limits.exit_grace + 3 * limits.drain_timeout + kEndSlack,
          [&](const cli::DaemonSide& side) { return RunDaemon(options, document.config, std::move(parts), &side); });
    }
  }
}

}  // namespace
}  // namespace lossd::app

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  lossd::app::LookUpHostsWithoutModules();
  return lossd::app::RealMain({argv + 1, argv + argc});
}
