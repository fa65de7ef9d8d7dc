#include "readers/log/section_line.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "text/characters.h"

namespace lossd::readers {

using std::string_view;

records::Phase SectionOf(string_view line) {
  constexpr std::size_t kLongest = 160;
  if (line.size() > kLongest) return records::Phase::kUnsaid;
  const std::size_t prefix = line.rfind(" - ");
  if (prefix != string_view::npos) line.remove_prefix(prefix + 3);
  int words = 0;
  std::size_t i = 0;
  while (i < line.size() && words < 3) {
    while (i < line.size() && !text::IsLetter(line[i])) ++i;
    const std::size_t begin = i;
    while (i < line.size() && text::IsLetter(line[i])) ++i;
    const string_view word = line.substr(begin, i - begin);
    if (records::PhaseOf(word) != records::Phase::kUnsaid) return records::PhaseOf(word);
    if (word == "Epoch" || word == "epoch") return records::Phase::kTrain;
    if (word != "Running" && word != "Begin" && word != "Start" && word != "Starting") return records::Phase::kUnsaid;
    ++words;
  }
  return records::Phase::kUnsaid;
}

bool IsHeading(string_view line) {
  constexpr std::size_t kLongest = 40;
  constexpr std::array kNouns = {string_view("phase"), string_view("set"),     string_view("stage"),
                                 string_view("step"),  string_view("results"), string_view("metrics")};
  if (line.size() > kLongest) return false;
  int words = 0;
  for (std::size_t i = 0; i < line.size();) {
    if (text::IsDigit(line[i])) return false;
    const std::size_t begin = i;
    while (i < line.size() && text::IsLetter(line[i])) ++i;
    if (i == begin) {
      ++i;
      continue;
    }
    const string_view word = line.substr(begin, i - begin);
    const bool pass = records::PhaseOf(word) != records::Phase::kUnsaid;
    const bool noun = std::find(kNouns.begin(), kNouns.end(), word) != kNouns.end();
    if (words++ == 0 ? !pass : words > 2 || !noun) return false;
  }
  return words > 0;
}

bool AnnouncesBest(string_view line) {
  line = text::TrimBlanks(line);
  constexpr std::size_t kLongest = 120;
  if (line.empty() || line.back() != ':' || line.size() > kLongest) return false;
  std::size_t best = line.find("est ");
  while (best != string_view::npos && (best == 0 || (line[best - 1] | 0x20) != 'b')) best = line.find("est ", best + 1);
  if (best == string_view::npos) return false;
  const string_view rest = line.substr(best + 4);
  const records::Role role = records::MeaningOf(rest.substr(0, rest.find_first_of(" :("))).role;
  return role == records::Role::kStep || role == records::Role::kEpoch;
}

bool IsRule(string_view line) {
  constexpr std::size_t kShortest = 8;
  constexpr string_view kSigns = "-=#*_+ ";
  if (line.size() < kShortest) return false;
  const std::size_t text = line.find_first_not_of(kSigns);
  return text == string_view::npos ||
         (text >= kShortest && line.find_last_not_of(kSigns) + kShortest <= line.size() - 1);
}

}  // namespace lossd::readers
