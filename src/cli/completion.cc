#include "cli/completion.h"

#include <string_view>
#include <vector>

#include "cli/flag_catalog.h"
#include "cli/generate.h"

namespace lossd::cli {
namespace {

std::string Join(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const CommandInfo& command : CommandCatalog()) names.push_back(command.name);
  return names;
}

std::vector<std::string> FlagsOf(Command command) {
  std::vector<std::string> names;
  for (const Flag& flag : FlagCatalog()) {
    if (flag.belongs_to(command)) names.push_back(flag.name);
  }
  names.insert(names.end(), {"--help", "--version"});
  return names;
}

/// Text between the single quotes of bash and zsh.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + '\'';
}

/// Text between the single quotes of fish, which knows a backslash there.
std::string QuotedForFish(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '\'';
}

/// Text inside the brackets of a specification of zsh's _arguments.
std::string Bracketed(std::string_view text) {
  std::string bracketed;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') bracketed += '\\';
    bracketed += c;
  }
  return bracketed;
}

/// zsh's action for the value of a flag.
std::string ZshAction(const Flag& flag) {
  if (!flag.choices.empty()) return '(' + Join(flag.choices) + ')';
  if (flag.placeholder == "FILE") return "_files";
  if (flag.placeholder == "DIR") return "_files -/";
  return " ";
}

}  // namespace

std::string BashCompletion() {
  std::string choices, flags;
  for (const Flag& flag : FlagCatalog()) {
    if (!flag.takes_value()) continue;
    choices += "    " + flag.name + ") ";
    if (!flag.choices.empty()) {
      choices += "COMPREPLY=($(compgen -W " + Quoted(Join(flag.choices)) + " -- \"$current\"))";
    } else if (flag.placeholder == "FILE" || flag.placeholder == "DIR") {
      choices += std::string("compopt -o filenames; mapfile -t COMPREPLY < <(compgen ") +
                 (flag.placeholder == "DIR" ? "-d" : "-f") + " -- \"$current\")";
    }
    choices += choices.ends_with(") ") ? "return ;;\n" : "; return ;;\n";
  }
  for (const CommandInfo& command : CommandCatalog()) {
    flags += "    " + command.name + ") flags=" + Quoted(Join(FlagsOf(command.command))) + " ;;\n";
  }
  const std::string commands = Join(CommandNames(), "|");
  return "# Completion of lossd for bash; made by `lossd generate bash`.\n"
         "_lossd() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= flags= i\n"
         "  COMPREPLY=()\n"
         "  # bash takes --flag=value apart at the =.\n"
         "  if [[ $current == = ]]; then current=\n"
         "  elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "    --)\n"
         "      if [[ $command == exec ]] && declare -F _command_offset >/dev/null; then _command_offset $((i + 1))\n"
         "      else compopt -o default; fi\n"
         "      return ;;\n"
         "    " +
         commands +
         ") [[ $command ]] || command=${COMP_WORDS[i]} ;;\n"
         "    esac\n"
         "  done\n"
         "  case $previous in\n" +
         choices +
         "  esac\n"
         "  case ${command:-serve} in\n" +
         flags +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$flags\" -- \"$current\"))\n"
         "  elif [[ $command == generate ]]; then\n"
         "    COMPREPLY=($(compgen -W " +
         Quoted(Join(GeneratedTexts())) +
         " -- \"$current\"))\n"
         "  else\n"
         "    compopt -o filenames\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "    [[ $command ]] || COMPREPLY+=($(compgen -W " +
         Quoted(Join(CommandNames())) +
         " -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _lossd lossd\n";
}

std::string ZshCompletion() {
  std::string commands, cases;
  for (const CommandInfo& command : CommandCatalog()) {
    commands += "    " + Quoted(command.name + ':' + Bracketed(command.help)) + '\n';
    cases += "  " + command.name + ")\n    flags=(\n";
    for (const Flag& flag : FlagCatalog()) {
      if (!flag.belongs_to(command.command)) continue;
      const std::string value = flag.takes_value() ? ':' + flag.placeholder + ':' + ZshAction(flag) : "";
      cases += "      " + Quoted((flag.repeatable() ? "*" : "") + flag.name + (flag.takes_value() ? "=" : "") + '[' +
                                 Bracketed(flag.help) + ']' + value);
      cases += '\n';
    }
    cases += "    )\n    ;;\n";
  }
  return "#compdef lossd\n"
         "# Completion of lossd for zsh; made by `lossd generate zsh`.\n"
         "local -a commands flags common\n"
         "commands=(\n" +
         commands +
         ")\n"
         "common=('(- *)--help[Show help and exit.]' '(- *)--version[Show the version and exit.]')\n"
         "local command=serve word\n"
         "for word in ${words[2,CURRENT-1]}; do\n"
         "  if [[ $word == -- ]]; then\n"
         "    [[ $command == exec ]] || { _files; return }\n"
         "    shift $(( ${words[(i)--]} )) words\n"
         "    (( CURRENT = $#words ))\n"
         "    _normal\n"
         "    return\n"
         "  fi\n"
         "  if (( ${commands[(I)$word:*]} )); then command=$word; break; fi\n"
         "done\n"
         "case $command in\n" +
         cases +
         "esac\n"
         "if [[ $command == generate ]]; then\n"
         "  _arguments -s $common '*:text:(" +
         Join(GeneratedTexts()) +
         ")'\n"
         "  return\n"
         "fi\n"
         "(( CURRENT == 2 )) && [[ $words[CURRENT] != -* ]] && _describe command commands\n"
         "_arguments -s $flags $common '*:file:_files'\n";
}

std::string FishCompletion() {
  std::string text =
      "# Completion of lossd for fish; made by `lossd generate fish`.\n"
      "function __lossd_command\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    if contains -- $word " +
      Join(CommandNames()) +
      "\n"
      "      echo $word\n"
      "      return\n"
      "    end\n"
      "  end\n"
      "  echo serve\n"
      "end\n"
      "function __lossd_takes\n"
      "  contains -- (__lossd_command) $argv\n"
      "end\n"
      "complete -c lossd -n 'not __fish_seen_subcommand_from " +
      Join(CommandNames()) +
      "' -l help -d 'Show help and exit.'\n"
      "complete -c lossd -l version -d 'Show the version and exit.'\n";
  for (const CommandInfo& command : CommandCatalog()) {
    text +=
        "complete -c lossd -n '__fish_is_first_arg' -a " + command.name + " -d " + QuotedForFish(command.help) + '\n';
  }
  for (const Flag& flag : FlagCatalog()) {
    std::vector<std::string> takers;
    for (const CommandInfo& command : CommandCatalog()) {
      if (flag.belongs_to(command.command)) takers.push_back(command.name);
    }
    text += "complete -c lossd -n '__lossd_takes " + Join(takers) + "' -l " + flag.name.substr(2);
    if (!flag.choices.empty()) {
      text += " -x -a '" + Join(flag.choices) + '\'';
    } else if (flag.placeholder == "FILE") {
      text += " -r -F";
    } else if (flag.placeholder == "DIR") {
      text += " -x -a '(__fish_complete_directories)'";
    } else if (flag.takes_value()) {
      text += " -x";
    }
    text += " -d " + QuotedForFish(flag.help) + '\n';
  }
  return text + "complete -c lossd -n '__lossd_takes generate' -f -a '" + Join(GeneratedTexts()) +
         "'\n"
         "complete -c lossd -n '__lossd_takes exec; and contains -- -- (commandline -opc)' -x -a "
         "'(__fish_complete_subcommand --fcs-skip=(math (contains -i -- -- (commandline -opc))))'\n";
}

}  // namespace lossd::cli
