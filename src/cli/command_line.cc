#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "cli/generate.h"
#include "text/closest_name.h"

namespace lossd::cli {
namespace {

const Flag* FindFlag(std::string_view name) {
  const auto flag = std::ranges::find(FlagCatalog(), name, &Flag::name);
  return flag == FlagCatalog().end() ? nullptr : &*flag;
}

const CommandInfo* FindCommand(std::string_view name) {
  const auto found = std::ranges::find(CommandCatalog(), name, &CommandInfo::name);
  return found == CommandCatalog().end() ? nullptr : &*found;
}

const CommandInfo& InfoOf(Command command) {
  return *std::ranges::find(CommandCatalog(), command, &CommandInfo::command);
}

bool IsFlag(std::string_view argument) { return argument.size() > 1 && argument[0] == '-'; }

/// Position of the first argument that is neither a flag nor the value of one.
std::size_t FirstWord(const std::vector<std::string>& arguments) {
  std::size_t i = 0;
  while (i < arguments.size() && IsFlag(arguments[i])) {
    const Flag* flag = FindFlag(arguments[i]);
    i += flag != nullptr && flag->takes_value() ? 2 : 1;
  }
  return i;
}

/// Sets the field of a flag; the answer says what is wrong with the value, "" for nothing.
std::string Assign(const Flag& flag, const std::vector<std::string>& values, Options& options) {
  const std::string& value = values.back();
  const auto set = [&](auto field) -> std::string {
    using Field = std::remove_reference_t<decltype(options.*field)>;
    if constexpr (std::is_same_v<Field, bool>) {
      if (value != "true" && value != "false") return "want true or false, got \"" + value + '"';
      options.*field = value == "true";
    } else if constexpr (std::is_same_v<Field, std::string>) {
      options.*field = value;
    } else if constexpr (std::is_same_v<Field, std::vector<std::string>>) {
      options.*field = values;
    } else {
      static_assert(std::is_enum_v<Field>, "a flag of a new type is read here");
      const auto choice = std::ranges::find(flag.choices, value);
      if (choice == flag.choices.end()) {
        std::string choices;
        for (const std::string& word : flag.choices) choices += (choices.empty() ? "" : ", ") + word;
        return "want one of " + choices + ", got \"" + value + '"';
      }
      options.*field = static_cast<Field>(choice - flag.choices.begin());
    }
    return "";
  };
  return std::visit(set, flag.field);
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> items;
  std::size_t start = 0;
  while (true) {
    const std::size_t comma = text.find(',', start);
    items.push_back(text.substr(start, comma - start));
    if (comma == std::string::npos) return items;
    start = comma + 1;
  }
}

std::string UnknownFlag(const std::string& argument, const CommandInfo& command) {
  const std::string name = argument.substr(0, argument.find('='));
  if (FindFlag(name) != nullptr) return name + " is not a flag of \"lossd " + command.name + '"';
  std::vector<std::string> names = {"--help", "--version"};
  for (const Flag& flag : FlagCatalog()) {
    if (flag.belongs_to(command.command)) names.push_back(flag.name);
  }
  return "unknown flag " + name + text::Suggestion(name, names);
}

/// The library's help text, with a usage line that names what a command takes.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(const CommandInfo& command)
      : usage_("Usage: lossd " + command.name + " [FLAG...] " + command.arguments + '\n') {}
  std::string make_usage(const CLI::App*, std::string) const override { return usage_; }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_name().empty() ? "" : ' ' + option->get_type_name();
  }

 private:
  std::string usage_;
};

/// The parser for one command, and what it found.
struct Parser {
  explicit Parser(const CommandInfo& command) {
    app.description(command.help);
    app.set_help_flag("-h,--help", "Show this help and exit.");
    app.add_flag("--version", version, "Show version, revision, compiler and libraries, and exit.");
    app.add_option("words", words)->group("");
    app.formatter(std::make_shared<HelpFormatter>(command));
    for (const Flag& flag : FlagCatalog()) {
      if (!flag.belongs_to(command.command)) continue;
      flags.push_back({&flag, {}, nullptr});
    }
    for (Given& given : flags) {
      const Flag& flag = *given.flag;
      const std::string help = flag.help + " [$" + flag.environment() + ']';
      if (flag.takes_value()) {
        given.option = app.add_option(flag.name, given.values, help)->allow_extra_args(false);
        given.option->type_name(flag.fallback.empty() ? flag.placeholder
                                                      : flag.placeholder + " (" + flag.fallback + ')');
      } else {
        given.option = app.add_flag(flag.name, given.values, help);
      }
    }
  }

  struct Given {
    const Flag* flag;
    std::vector<std::string> values;
    CLI::Option* option;
  };
  CLI::App app;
  std::vector<Given> flags;
  std::vector<std::string> words;
  bool version = false;
};

std::string TopHelp(const std::string& flags_help) {
  std::string text =
      "Exposes the dynamics of training losses to Prometheus.\nUsage: lossd [COMMAND] [FLAG...] "
      "[FILE...]\n\nCommands:\n";
  for (const CommandInfo& command : CommandCatalog()) {
    std::string head = "  " + command.name + ' ' + command.arguments;
    head.resize(std::max<std::size_t>(head.size() + 1, 30), ' ');
    text += head + command.help + '\n';
  }
  const std::size_t options = flags_help.find("\nOptions:");
  return text + (options == std::string::npos ? "" : flags_help.substr(options)) +
         "\n\"lossd COMMAND --help\" tells the flags of a command.\n";
}

/// The values of flags that the command line did not give, from the environment.
std::string ReadEnvironment(const Parser& parser, const CommandLineContext& context, Options& options) {
  for (const auto& given : parser.flags) {
    if (!given.values.empty()) continue;
    const auto value = context.environment(given.flag->environment());
    if (!value || value->empty()) continue;
    const auto values = given.flag->repeatable() ? SplitList(*value) : std::vector{*value};
    if (std::string wrong = Assign(*given.flag, values, options); !wrong.empty()) {
      return given.flag->environment() + ": " + wrong;
    }
  }
  return "";
}

/// What is wrong with HOST:PORT, [V6]:PORT or :PORT; "" for nothing.
std::string CheckListenAddress(const std::string& address) {
  const std::string got = ", got \"" + address + '"';
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return "want HOST:PORT or :PORT; there is no port" + got;
  if (address.find_first_of("/ ") != std::string::npos) return "want a host without a scheme or a path" + got;
  const std::string host = address.substr(0, colon), port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoi(port) > 65535) {
    return "want a port from 0 to 65535" + got;
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host.find(':') != std::string::npos) return "an IPv6 address stands in brackets, [::1]:PORT" + got;
  return "";
}

std::string CheckOptions(const Options& options) {
  const bool wants_files =
      options.command == Command::kReplay || options.command == Command::kExplain ||
      (options.command == Command::kCheckConfig && options.web_config_file.empty() && options.config_file.empty());
  if (wants_files && options.files.empty()) return '"' + InfoOf(options.command).name + "\" needs a FILE";
  if (options.command == Command::kHealthcheck && !options.files.empty()) {
    return "\"healthcheck\" takes no arguments, got \"" + options.files[0] + '"';
  }
  if (options.command == Command::kGenerate &&
      (options.files.size() != 1 || std::ranges::find(GeneratedTexts(), options.files[0]) == GeneratedTexts().end())) {
    std::string texts;
    for (const std::string& text : GeneratedTexts()) texts += (texts.empty() ? "" : ", ") + text;
    return "\"generate\" needs one of " + texts;
  }
  if (options.command == Command::kExec && options.child.empty()) {
    return "\"exec\" needs the command to run, as in: lossd exec -- python train.py";
  }
  for (const std::string& address : options.listen_addresses) {
    if (std::string wrong = CheckListenAddress(address); !wrong.empty()) return "--web.listen-address: " + wrong;
  }
  if (options.telemetry_path.empty() || options.telemetry_path[0] != '/') {
    return "--web.telemetry-path: want a path that begins with /, got \"" + options.telemetry_path + '"';
  }
  if (options.command == Command::kExplain && options.output == OutputFormat::kHtml) {
    return "--output: \"explain\" writes text or json";
  }
  if (std::ranges::count(options.files, "-") > 1) return "standard input (-) is given twice";
  if (options.tee && std::ranges::find(options.files, "-") == options.files.end()) {
    return "--tee passes standard input on, so it needs the file -";
  }
  return "";
}

std::string UnknownCommand(const std::string& word) {
  std::vector<std::string> names = {"help", "version"};
  for (const CommandInfo& known : CommandCatalog()) names.push_back(known.name);
  const auto near = text::ClosestName(word, names);
  return "unknown command \"" + word + "\" (" + (near ? "did you mean \"" + *near + "\"? " : "") +
         "a file of that name is meant with ./" + word + ')';
}

/// `help [COMMAND]` and `version` in the place of a command are what --help and --version are; so is `--help COMMAND`.
void ReadHelpWords(std::vector<std::string>& own) {
  if (own.empty() || (own[0] != "help" && own[0] != "version" && own[0] != "--help" && own[0] != "-h")) return;
  if (own[0] == "version") {
    own[0] = "--version";
    return;
  }
  own[0] = "--help";
  if (own.size() > 1 && FindCommand(own[1]) != nullptr) std::swap(own[0], own[1]);
}

/// As behind env, nice and time, what is run begins at the first word also without "--": the flags behind that word
/// are not ours.
void MoveCommand(std::vector<std::string>& own, bool dashes, std::vector<std::string>& child) {
  const std::size_t begin = FirstWord(own);
  if (begin >= own.size()) return;
  if (dashes) child.insert(child.begin(), "--");
  child.insert(child.begin(), own.begin() + static_cast<std::ptrdiff_t>(begin), own.end());
  own.resize(begin);
}

CommandLine Fail(CommandLine line, std::string error) {
  line.error = std::move(error);
  return line;
}

}  // namespace

CommandLine ParseCommandLine(const std::vector<std::string>& arguments, const CommandLineContext& context) {
  CommandLine line;
  Options& options = line.options;
  const auto dashes = std::ranges::find(arguments, "--");
  std::vector<std::string> own(arguments.begin(), dashes);
  std::vector<std::string> rest(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());

  ReadHelpWords(own);
  if (own.size() > 1 && own[0] == "--help" && !IsFlag(own[1])) return Fail(std::move(line), UnknownCommand(own[1]));
  const std::size_t first = FirstWord(own);
  const CommandInfo* command = first < own.size() ? FindCommand(own[first]) : nullptr;
  const bool named = command != nullptr;
  if (named) {
    own.erase(own.begin() + static_cast<std::ptrdiff_t>(first));
  } else {
    command = &InfoOf(Command::kServe);
  }
  options.command = command->command;
  if (options.command == Command::kExec) MoveCommand(own, dashes != arguments.end(), rest);

  Parser parser(*command);
  try {
    std::ranges::reverse(own);  // as the library wants them
    parser.app.parse(std::move(own));
  } catch (const CLI::CallForHelp&) {
    options.command = Command::kHelp;
    line.help = named ? parser.app.help() : TopHelp(parser.app.help());
    return line;
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = parser.app.remaining();
    return Fail(std::move(line), UnknownFlag(extras.empty() ? "" : extras[0], *command));
  } catch (const CLI::ParseError& error) {
    return Fail(std::move(line), error.what());
  }
  if (parser.version) {
    options.command = Command::kVersion;
    return line;
  }

  for (const auto& given : parser.flags) {
    if (given.values.empty()) continue;
    if (given.values.size() > 1 && !given.flag->repeatable()) {
      return Fail(std::move(line), given.flag->name + " is given twice");
    }
    if (std::string wrong = Assign(*given.flag, given.values, options); !wrong.empty()) {
      return Fail(std::move(line), given.flag->name + ": " + wrong);
    }
  }
  if (std::string wrong = ReadEnvironment(parser, context, options); !wrong.empty()) {
    return Fail(std::move(line), std::move(wrong));
  }

  options.files = parser.words;
  auto& tail = options.command == Command::kExec ? options.child : options.files;
  tail.insert(tail.end(), rest.begin(), rest.end());
  if (!named && !parser.words.empty()) {
    const std::string& word = parser.words[0];
    if (word.find_first_of("/.*?[") == std::string::npos && word != "-" && !context.exists(word)) {
      return Fail(std::move(line), UnknownCommand(word));
    }
  }
  if (std::string wrong = CheckOptions(options); !wrong.empty()) return Fail(std::move(line), std::move(wrong));
  return line;
}

}  // namespace lossd::cli
