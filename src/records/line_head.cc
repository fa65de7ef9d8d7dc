#include "records/line_head.h"

#include <algorithm>
#include <array>

#include "records/vocabulary.h"
#include "text/characters.h"
#include "text/words.h"

namespace lossd::records {

using std::string_view;

namespace {

/// "2016-11-25 17:41:55" ends at `at`.
bool IsBehindTime(string_view line, std::size_t at) {
  std::size_t begin = at;
  while (begin > 0 && (text::IsDigit(line[begin - 1]) || string_view(":.,").find(line[begin - 1]) != string_view::npos))
    --begin;
  const string_view token = line.substr(begin, at - begin);
  return std::count(token.begin(), token.end(), ':') == 2 && text::IsDigit(token.front()) &&
         text::IsDigit(token.back());
}

/// "Training, Epoch: 0": where the word of a phase before the comma that ends at `at` begins; `at` where none does.
std::size_t PhaseBefore(string_view line, std::size_t at) {
  if (at == 0 || line[at - 1] != ',') return at;
  std::size_t word = at - 1;
  while (word > 0 && text::IsLetter(line[word - 1])) --word;
  return PhaseOf(line.substr(word, at - 1 - word)) != Phase::kUnsaid ? word : at;
}

/// Whether the character that ends at `at` is a sign outside ASCII: of box drawing, a bullet, an arrow, an emoji.
bool IsBehindSign(string_view line, std::size_t at) {
  if (at == 0 || !text::IsWide(line[at - 1])) return false;
  constexpr unsigned kContinues = 0x80, kMask = 0xC0;
  std::size_t begin = at - 1;
  while (begin > 0 && (static_cast<unsigned char>(line[begin]) & kMask) == kContinues) --begin;
  return line[begin] == '\xE2' || line[begin] == '\xF0' || line[begin] == '\xC2';
}

}  // namespace

bool IsHeadOfLine(string_view line, std::size_t at) {
  while (at > 0 && text::IsBlank(line[at - 1])) --at;
  at = PhaseBefore(line, at);
  while (at > 0 && text::IsBlank(line[at - 1])) --at;
  return at == 0 || string_view("]-|>:=#*[){").find(line[at - 1]) != string_view::npos || IsBehindTime(line, at) ||
         IsBehindSign(line, at);
}

bool IsLedUpTo(string_view line, std::size_t at) {
  constexpr std::array kLeading = {
      string_view("going"),   string_view("into"),      string_view("training"), string_view("train"),
      string_view("start"),   string_view("starting"),  string_view("started"),  string_view("starts"),
      string_view("begin"),   string_view("beginning"), string_view("begins"),   string_view("entering"),
      string_view("running"), string_view("now"),       string_view("at"),       string_view("in"),
      string_view("of"),      string_view("for"),       string_view("the"),      string_view("new"),
      string_view("on"),      string_view("this"),      string_view("is"),       string_view("executing")};
  while (true) {
    while (at > 0 && text::IsBlank(line[at - 1])) --at;
    std::size_t word = at;
    while (word > 0 && text::IsLetter(line[word - 1])) --word;
    if (word == at) return IsHeadOfLine(line, at);
    const text::Words words(line.substr(word, at - word));
    if (words.size() != 1 || std::find(kLeading.begin(), kLeading.end(), words[0]) == kLeading.end()) return false;
    at = word;
  }
}

std::uint64_t HashOfLetters(string_view line) {
  std::uint64_t hash = 1469598103934665603ULL;
  for (std::size_t i = 0; i < line.size(); ++i) {
    constexpr char kDrawing = '\xE2';  // of the characters that bars are drawn with the first byte
    if (line[i] == kDrawing) {
      i += 2;
    } else if (text::IsLetter(line[i]) || text::IsWide(line[i])) {
      hash = (hash ^ static_cast<unsigned char>(line[i])) * 1099511628211ULL;
    }
  }
  return hash;
}

}  // namespace lossd::records
