#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lossd::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A world with these variables and files.
class CommandLineTest : public ::testing::Test {
 protected:
  CommandLine Parse(const std::vector<std::string>& arguments) {
    return ParseCommandLine(arguments, {[this](const std::string& name) {
                                          const auto found = environment.find(name);
                                          return found == environment.end() ? std::nullopt
                                                                            : std::optional(found->second);
                                        },
                                        [this](const std::string& path) { return files.contains(path); }});
  }
  Options Good(const std::vector<std::string>& arguments) {
    CommandLine line = Parse(arguments);
    EXPECT_EQ(line.error, "");
    return line.options;
  }
  std::string ErrorOf(const std::vector<std::string>& arguments) { return Parse(arguments).error; }

  std::map<std::string, std::string> environment;
  std::set<std::string> files;
};

TEST_F(CommandLineTest, ServesByDefault) {
  const Options options = Good({});
  EXPECT_EQ(options.command, Command::kServe);
  EXPECT_THAT(options.files, IsEmpty());
  EXPECT_THAT(options.listen_addresses, ElementsAre(":10333"));
  EXPECT_EQ(options.telemetry_path, "/metrics");
  EXPECT_FALSE(options.enable_lifecycle);
  EXPECT_EQ(options.config_file, "");
  EXPECT_EQ(options.storage_path, "");
  EXPECT_EQ(options.log_level, logging::LogLevel::kInfo);
  EXPECT_EQ(options.log_format, logging::LogFormat::kLogfmt);
  EXPECT_EQ(options.output, OutputFormat::kText);
}

TEST_F(CommandLineTest, TakesFilesWithAndWithoutTheCommand) {
  EXPECT_THAT(Good({"train.log", "/runs/*.log"}).files, ElementsAre("train.log", "/runs/*.log"));
  EXPECT_THAT(Good({"serve", "train.log"}).files, ElementsAre("train.log"));
  EXPECT_THAT(Good({"-"}).files, ElementsAre("-"));
  EXPECT_THAT(Good({"--", "-odd.log"}).files, ElementsAre("-odd.log"));
}

TEST_F(CommandLineTest, TakesEveryFlagInBothForms) {
  const Options options = Good({"--config.file=c.yml", "--web.listen-address", ":1", "--web.listen-address=[::1]:2",
                                "--web.telemetry-path=/m", "--web.enable-lifecycle", "--storage.path", "/state",
                                "--log.level=debug", "--log.format", "json", "--tee", "--job.name", "llama", "-"});
  EXPECT_EQ(options.config_file, "c.yml");
  EXPECT_THAT(options.listen_addresses, ElementsAre(":1", "[::1]:2"));
  EXPECT_EQ(options.telemetry_path, "/m");
  EXPECT_TRUE(options.enable_lifecycle);
  EXPECT_EQ(options.storage_path, "/state");
  EXPECT_EQ(options.log_level, logging::LogLevel::kDebug);
  EXPECT_EQ(options.log_format, logging::LogFormat::kJson);
  EXPECT_TRUE(options.tee);
  EXPECT_EQ(options.job_name, "llama");
  EXPECT_THAT(options.files, ElementsAre("-"));
}

TEST_F(CommandLineTest, TakesFlagsBeforeAndBehindTheCommand) {
  const Options options = Good({"--log.level", "warn", "replay", "--output=json", "a.log"});
  EXPECT_EQ(options.command, Command::kReplay);
  EXPECT_EQ(options.log_level, logging::LogLevel::kWarn);
  EXPECT_EQ(options.output, OutputFormat::kJson);
  EXPECT_THAT(options.files, ElementsAre("a.log"));
}

TEST_F(CommandLineTest, GivesTheChildEverythingBehindTheDashes) {
  const Options options = Good({"exec", "--web.listen-address=:0", "--", "python", "train.py", "--lr", "3", "--", "x"});
  EXPECT_EQ(options.command, Command::kExec);
  EXPECT_THAT(options.listen_addresses, ElementsAre(":0"));
  EXPECT_THAT(options.child, ElementsAre("python", "train.py", "--lr", "3", "--", "x"));
}

TEST_F(CommandLineTest, GivesTheChildEverythingFromItsOwnNameOn) {
  const Options options = Good({"exec", "--web.listen-address", ":0", "python", "train.py", "--lr", "3", "--", "x"});
  EXPECT_THAT(options.listen_addresses, ElementsAre(":0"));
  EXPECT_THAT(options.child, ElementsAre("python", "train.py", "--lr", "3", "--", "x"));
  EXPECT_EQ(ErrorOf({"exec", "--lr", "3", "python"}), "unknown flag --lr");
}

TEST_F(CommandLineTest, TakesTheEnvironmentWhereAFlagIsNotGiven) {
  environment = {{"LOSSD_WEB_LISTEN_ADDRESS", ":1,:2"},
                 {"LOSSD_WEB_ENABLE_LIFECYCLE", "true"},
                 {"LOSSD_LOG_LEVEL", "error"},
                 {"LOSSD_CONFIG_FILE", ""}};
  const Options options = Good({"--log.level=debug"});
  EXPECT_THAT(options.listen_addresses, ElementsAre(":1", ":2"));
  EXPECT_TRUE(options.enable_lifecycle);
  EXPECT_EQ(options.log_level, logging::LogLevel::kDebug);
  EXPECT_EQ(options.config_file, "");
}

TEST_F(CommandLineTest, NamesTheVariableThatIsWrong) {
  environment = {{"LOSSD_LOG_LEVEL", "loud"}};
  EXPECT_EQ(ErrorOf({}), "LOSSD_LOG_LEVEL: want one of debug, info, warn, error, got \"loud\"");
  environment = {{"LOSSD_WEB_ENABLE_LIFECYCLE", "1"}};
  EXPECT_EQ(ErrorOf({}), "LOSSD_WEB_ENABLE_LIFECYCLE: want true or false, got \"1\"");
}

TEST_F(CommandLineTest, RefusesUnknownFlags) {
  EXPECT_EQ(ErrorOf({"--web.listen-adress=:1"}),
            "unknown flag --web.listen-adress (did you mean \"--web.listen-address\"?)");
  EXPECT_EQ(ErrorOf({"-x"}), "unknown flag -x");
  EXPECT_EQ(ErrorOf({"--output=json", "a.log"}), "--output is not a flag of \"lossd serve\"");
  EXPECT_EQ(ErrorOf({"replay", "--tee", "a.log"}), "--tee is not a flag of \"lossd replay\"");
}

TEST_F(CommandLineTest, ChecksAWebConfigurationByItself) {
  const Options options = Good({"check-config", "--web.config.file=web.yml"});
  EXPECT_EQ(options.web_config_file, "web.yml");
  EXPECT_THAT(options.files, IsEmpty());
  EXPECT_NE(ErrorOf({"check-config"}), "");
  environment = {{"LOSSD_WEB_CONFIG_FILE", "other.yml"}};
  EXPECT_EQ(Good({"serve"}).web_config_file, "other.yml");
  EXPECT_EQ(ErrorOf({"replay", "--web.config.file=web.yml", "a.log"}),
            "--web.config.file is not a flag of \"lossd replay\"");
}

TEST_F(CommandLineTest, RefusesAMisspeltCommandUnlessItIsAFile) {
  EXPECT_EQ(ErrorOf({"replya", "train.log"}),
            "unknown command \"replya\" (did you mean \"replay\"? a file of that name is meant with ./replya)");
  EXPECT_EQ(ErrorOf({"something"}), "unknown command \"something\" (a file of that name is meant with ./something)");
  EXPECT_THAT(Good({"./replya"}).files, ElementsAre("./replya"));
  files = {"replya"};
  EXPECT_THAT(Good({"replya"}).files, ElementsAre("replya"));
  EXPECT_THAT(Good({"serve", "output"}).files, ElementsAre("output"));
}

TEST_F(CommandLineTest, RefusesWhatACommandCannotDo) {
  EXPECT_EQ(ErrorOf({"replay"}), "\"replay\" needs a FILE");
  EXPECT_EQ(ErrorOf({"check-config"}), "\"check-config\" needs a FILE");
  EXPECT_EQ(ErrorOf({"exec"}), "\"exec\" needs the command to run, as in: lossd exec -- python train.py");
  EXPECT_EQ(ErrorOf({"exec", "--"}), "\"exec\" needs the command to run, as in: lossd exec -- python train.py");
  EXPECT_EQ(ErrorOf({"healthcheck", "x"}), "\"healthcheck\" takes no arguments, got \"x\"");
  EXPECT_EQ(ErrorOf({"--tee", "a.log"}), "--tee passes standard input on, so it needs the file -");
  EXPECT_EQ(ErrorOf({"-", "-"}), "standard input (-) is given twice");
  EXPECT_EQ(ErrorOf({"--web.telemetry-path=metrics"}),
            "--web.telemetry-path: want a path that begins with /, got \"metrics\"");
  EXPECT_EQ(ErrorOf({"--log.format=xml"}), "--log.format: want one of logfmt, json, got \"xml\"");
  EXPECT_EQ(ErrorOf({"--log.level=info", "--log.level=warn"}), "--log.level is given twice");
  EXPECT_THAT(ErrorOf({"--config.file"}), HasSubstr("--config.file"));
}

TEST_F(CommandLineTest, ShowsHelpOfTheProgramAndOfACommand) {
  const CommandLine top = Parse({"--help"});
  EXPECT_EQ(top.options.command, Command::kHelp);
  for (const CommandInfo& command : CommandCatalog()) EXPECT_THAT(top.help, HasSubstr("  " + command.name + ' '));
  for (const Flag& flag : FlagCatalog()) {
    if (flag.belongs_to(Command::kServe)) {
      EXPECT_THAT(top.help, HasSubstr(flag.name));
    }
  }
  EXPECT_THAT(Parse({"replay", "--help"}).help, HasSubstr("Usage: lossd replay [FLAG...] FILE..."));
  EXPECT_THAT(Parse({"replay", "--help"}).help, HasSubstr("$LOSSD_OUTPUT"));
}

TEST_F(CommandLineTest, GeneratesOneOfTheTextsThatThereAre) {
  EXPECT_EQ(Good({"generate", "man"}).command, Command::kGenerate);
  EXPECT_EQ(ErrorOf({"generate"}), "\"generate\" needs one of bash, zsh, fish, man, schema");
  EXPECT_EQ(ErrorOf({"generate", "ksh"}), "\"generate\" needs one of bash, zsh, fish, man, schema");
  EXPECT_EQ(ErrorOf({"generate", "man", "bash"}), "\"generate\" needs one of bash, zsh, fish, man, schema");
}

TEST_F(CommandLineTest, TellsItsVersion) {
  EXPECT_EQ(Good({"--version"}).command, Command::kVersion);
  EXPECT_EQ(Good({"replay", "--version"}).command, Command::kVersion);
}

TEST(FlagCatalog, NamesTheEnvironmentTwin) {
  const auto& flags = FlagCatalog();
  const auto flag = std::ranges::find(flags, std::string("--web.listen-address"), &Flag::name);
  ASSERT_NE(flag, flags.end());
  EXPECT_EQ(flag->environment(), "LOSSD_WEB_LISTEN_ADDRESS");
}

TEST(FlagCatalog, TellsTheDefaultsThatHold) {
  const Options defaults;
  for (const Flag& flag : FlagCatalog()) {
    const std::string actual = std::visit(
        [&](auto field) -> std::string {
          using Field = std::remove_cvref_t<decltype(defaults.*field)>;
          if constexpr (std::is_same_v<Field, bool>)
            return defaults.*field ? "true" : "false";
          else if constexpr (std::is_same_v<Field, std::string>)
            return defaults.*field;
          else if constexpr (std::is_same_v<Field, std::vector<std::string>>)
            return (defaults.*field)[0];
          else
            return flag.choices[static_cast<std::size_t>(defaults.*field)];
        },
        flag.field);
    EXPECT_EQ(flag.fallback, actual) << flag.name;
  }
}

TEST_F(CommandLineTest, UnderstandsHelpAndVersionAsWords) {
  EXPECT_EQ(Good({"version"}).command, Command::kVersion);
  EXPECT_EQ(Parse({"help"}).help, Parse({"--help"}).help);
  EXPECT_EQ(Parse({"help", "replay"}).help, Parse({"replay", "--help"}).help);
  EXPECT_EQ(Parse({"--help", "exec"}).help, Parse({"exec", "--help"}).help);
  EXPECT_THAT(ErrorOf({"help", "replya"}), HasSubstr("did you mean \"replay\"?"));
}

TEST_F(CommandLineTest, SaysWhatIsWrongWithAnAddress) {
  const std::string flag = "--web.listen-address";
  EXPECT_EQ(ErrorOf({flag, "localhost"}), flag + ": want HOST:PORT or :PORT; there is no port, got \"localhost\"");
  EXPECT_EQ(ErrorOf({flag, ":http"}), flag + ": want a port from 0 to 65535, got \":http\"");
  EXPECT_EQ(ErrorOf({flag, ":70000"}), flag + ": want a port from 0 to 65535, got \":70000\"");
  EXPECT_EQ(ErrorOf({flag, "::1:80"}), flag + ": an IPv6 address stands in brackets, [::1]:PORT, got \"::1:80\"");
  EXPECT_EQ(ErrorOf({flag, "http://a:80"}), flag + ": want a host without a scheme or a path, got \"http://a:80\"");
  EXPECT_EQ(Good({flag, "[::1]:0"}).listen_addresses.front(), "[::1]:0");
}

TEST_F(CommandLineTest, ChecksTheConfigurationThatTheFlagNames) {
  EXPECT_EQ(Good({"check-config", "--config.file", "a.yml"}).config_file, "a.yml");
}

}  // namespace
}  // namespace lossd::cli
