#include "cli/generate.h"

#include <ostream>

#include "cli/completion.h"
#include "cli/config_schema.h"
#include "cli/manual_page.h"

namespace lossd::cli {

const std::vector<std::string>& GeneratedTexts() {
  static const std::vector<std::string> kTexts = {"bash", "zsh", "fish", "man", "schema"};
  return kTexts;
}

int RunGenerate(const std::string& what, const std::string& version, const config::ConfigReaders& others,
                std::ostream& out) {
  if (what == "bash") out << BashCompletion();
  if (what == "zsh") out << ZshCompletion();
  if (what == "fish") out << FishCompletion();
  if (what == "man") out << ManualPage(version);
  if (what == "schema") out << ConfigSchema(others);
  return 0;
}

}  // namespace lossd::cli
