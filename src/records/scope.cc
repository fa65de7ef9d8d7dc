#include "records/scope.h"

#include <algorithm>
#include <array>

#include "records/vocabulary.h"
#include "text/hash.h"
#include "text/words.h"

namespace lossd::records {

using std::string_view;

std::uint32_t ScopeOf(string_view name) {
  const std::size_t slash = name.rfind('/');
  if (slash == string_view::npos || slash == 0) return 0;
  const string_view head = name.substr(0, slash);
  constexpr std::array kOfTheRun = {
      string_view("optim"),  string_view("optimizer"), string_view("trainer"), string_view("metrics"),
      string_view("global"), string_view("perf"),      string_view("loss"),    string_view("losses"),
      string_view("lr"),     string_view("info"),      string_view("step"),    string_view("general"),
      string_view("opt"),    string_view("learning"),  string_view("grad"),    string_view("charts"),
      string_view("time"),   string_view("debug"),     string_view("model"),   string_view("norm"),
      string_view("stats"),  string_view("log"),       string_view("iter"),    string_view("epoch")};
  const text::Words words(head);
  const bool of_the_run = std::all_of(words.begin(), words.end(), [&](string_view word) {
    return PhaseOf(word) != Phase::kUnsaid || std::find(kOfTheRun.begin(), kOfTheRun.end(), word) != kOfTheRun.end();
  });
  return of_the_run ? 0 : static_cast<std::uint32_t>(text::HashOfRecord(head)) | 1U;
}

}  // namespace lossd::records
