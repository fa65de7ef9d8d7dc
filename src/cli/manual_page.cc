#include "cli/manual_page.h"

#include <string_view>

#include "cli/flag_catalog.h"

namespace lossd::cli {
namespace {

/// Text as roff takes it: a minus that can be copied, no backslash of its own, no line that reads as a request.
std::string Roff(std::string_view text) {
  std::string escaped;
  if (text.starts_with('.') || text.starts_with('\'')) escaped = "\\&";
  for (const char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Bold(std::string_view text) { return "\\fB" + Roff(text) + "\\fR"; }
std::string Italic(std::string_view text) { return "\\fI" + Roff(text) + "\\fR"; }

std::string Entry(const std::string& head, const std::string& body) { return ".TP\n" + head + '\n' + body + '\n'; }

std::string CommandsTaking(const Flag& flag) {
  std::string names;
  for (const CommandInfo& command : CommandCatalog()) {
    if (flag.belongs_to(command.command)) names += (names.empty() ? "" : ", ") + Roff(command.name);
  }
  return names;
}

constexpr std::string_view kDescription =
    "Follows the training logs of any machine\\-learning framework, or takes samples over HTTP, and exposes for each "
    "training job how its loss moves: the velocity, the acceleration and the regime that training is in, as metrics "
    "for "
    "Prometheus on port 10333.\n"
    ".PP\n"
    "Without a command it serves. A\n.I FILE\nis a log, a glob, or\n.B \\-\nfor standard input. Nothing need be "
    "configured.\n";

constexpr std::string_view kEnd =
    ".SH ENVIRONMENT\n"
    "Every flag has a twin in the environment, named beside it above. A flag wins over its twin; an empty twin counts "
    "as "
    "unset; the twin of a flag that may be given several times is a list with commas.\n"
    ".SH SIGNALS\n"
    ".TP\n.B SIGHUP\nReads the configuration again. One with errors is refused as a whole.\n"
    ".TP\n.BR SIGTERM \", \" SIGINT\nEnds lossd once the requests under way are answered and the state is saved.\n"
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nAll went well.\n"
    ".TP\n.B 1\nThe work failed.\n"
    ".TP\n.B 2\nIt was never begun: the command line or the configuration is wrong.\n"
    ".PP\n"
    ".B lossd exec\nends with the status of its command.\n"
    ".SH FILES\n"
    ".TP\n.I /etc/lossd/lossd.yml\nThe configuration of the service that the package installs.\n"
    ".TP\n.I /var/lib/lossd\nIts saved state.\n"
    ".SH EXAMPLES\n"
    ".EX\n"
    "lossd serve train.log\n"
    "lossd exec \\-\\- python3 train.py\n"
    "python3 train.py | lossd \\-\\-job.name llama\\-7b \\-\n"
    "lossd replay train.log\n"
    "curl localhost:10333/metrics\n"
    ".EE\n";

}  // namespace

std::string ManualPage(const std::string& version) {
  std::string page = ".TH LOSSD 1 \"\" \"lossd " + version + "\" \"User Commands\"\n.nh\n" + ".SH NAME\n" +
                     "lossd \\- Prometheus exporter for the dynamics of training losses\n.SH SYNOPSIS\n";
  for (const CommandInfo& command : CommandCatalog()) {
    page += ".br\n" + Bold("lossd " + command.name) + " [" + Italic("FLAG") + "...]" +
            (command.arguments.empty() ? "" : ' ' + Italic(command.arguments)) + '\n';
  }
  page += ".SH DESCRIPTION\n";
  page += kDescription;
  page += ".SH COMMANDS\n";
  for (const CommandInfo& command : CommandCatalog()) {
    page += Entry(Bold(command.name) + (command.arguments.empty() ? "" : ' ' + Italic(command.arguments)),
                  Roff(command.help));
  }
  page += ".SH OPTIONS\n";
  for (const Flag& flag : FlagCatalog()) {
    std::string body = Roff(flag.help);
    if (flag.takes_value() && !flag.fallback.empty()) body += " The default is " + Bold(flag.fallback) + '.';
    body += "\n.br\nTaken by " + CommandsTaking(flag) + ". " + Bold('$' + flag.environment()) + '.';
    page += Entry(Bold(flag.name) + (flag.takes_value() ? '=' + Italic(flag.placeholder) : ""), body);
  }
  page += Entry(Bold("--help"), "Show help and exit.");
  page += Entry(Bold("--version"), "Show version, revision, compiler and libraries, and exit.");
  page += kEnd;
  return page;
}

}  // namespace lossd::cli
