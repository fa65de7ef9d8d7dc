// Arguments and environment -> Options.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/flag_catalog.h"

namespace lossd::cli {

struct CommandLine {
  Options options;
  std::string error;  ///< what is wrong, in one line; "" where nothing is
  std::string help;   ///< Command::kHelp: the text to show
};

/// What the command line needs to know about the world, so that tests can say it.
struct CommandLineContext {
  std::function<std::optional<std::string>(const std::string&)> environment;  ///< value of a variable, if it is set
  std::function<bool(const std::string&)> exists;                             ///< whether there is such a file
};

/// Reads the arguments behind the program's name. A flag wins over its environment twin; the twin of a repeatable flag
/// is a list with commas; an empty twin counts as unset. What follows `--` is the child of `exec`, and files for any
/// other command.
///
/// The first word is the command where it names one, else a file for `serve`. A word that is no file and has neither
/// '/' nor '.' is an error: `lossd replya` would otherwise wait for ever for a file of that name. `help`, `version` and
/// `--help COMMAND` are understood, too.
CommandLine ParseCommandLine(const std::vector<std::string>& arguments, const CommandLineContext& context);

}  // namespace lossd::cli
