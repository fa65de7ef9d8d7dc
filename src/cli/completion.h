// Completions for shells: commands, flags and their values, from the catalogs of flags and commands.
#pragma once

#include <string>

namespace lossd::cli {

/// Each is a whole script: for bash to source, for zsh a file `_lossd` in its fpath, for fish a file `lossd.fish`.
/// They know which flags a command takes, the words among which a flag chooses, and where a file or a folder is wanted;
/// behind `lossd exec --` they complete another command.
std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace lossd::cli
