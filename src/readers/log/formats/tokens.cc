#include "readers/log/formats/tokens.h"

#include <algorithm>

#include "readers/log/formats/number_surroundings.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

/// Whether a digit stands at `at`, or behind the few blanks with which a number is padded.
bool LeadsToDigit(std::string_view line, std::size_t at) {
  constexpr std::size_t kMostBlanks = 5;
  const std::size_t end = std::min(at + kMostBlanks, line.size());
  while (at < end && line[at] == ' ') ++at;
  return at < line.size() && text::IsDigit(line[at]);
}

bool IsJoint(char c) { return c == '.' || c == '/' || c == '-' || c == '@' || c == '\\'; }

}  // namespace

bool IsNameByte(char c) { return text::IsLetter(c) || c == '_' || text::IsWide(c); }

std::size_t WordEnd(std::string_view line, std::size_t at) {
  while (at < line.size()) {
    const char c = line[at];
    if (text::IsDigit(c) || (IsNameByte(c) && !(text::IsWide(c) && WideSeparator(line, at) != 0))) {
      ++at;
    } else if (IsJoint(c) && at + 1 < line.size() &&
               (text::IsLetter(line[at + 1]) || text::IsDigit(line[at + 1]) || line[at + 1] == '_')) {
      at += 2;
    } else if (c == '\'' && line.substr(at, 3) == "'s ") {
      at += 3;  // "valid_0's auc" is one name
    } else if (c == '.' && at + 2 < line.size() && line[at + 1] == ' ' && LeadsToDigit(line, at + 2)) {
      return at + 1;  // "Ep. 1 : Up. 100", "Ep.   1|"
    } else {
      break;
    }
  }
  return at;
}

bool BeginsNumber(std::string_view line, std::size_t at) {
  const char c = line[at];
  if (text::IsDigit(c)) return true;
  if ((c != '-' && c != '+' && c != '.') || at + 1 >= line.size()) return false;
  const char next = line[at + 1];
  if (c == '.') return text::IsDigit(next);
  return text::IsDigit(next) || (next == '.' && at + 2 < line.size() && text::IsDigit(line[at + 2])) || next == 'i' ||
         next == 'n';
}

std::string_view TakeToken(std::string_view& text) {
  while (!text.empty() && text::IsBlank(text.front())) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && !text::IsBlank(text[end])) ++end;
  const std::string_view token = text.substr(0, end);
  text.remove_prefix(end);
  return token;
}

bool OnlyBlanks(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

records::Field Named(std::string_view name, const text::Number& number, records::Phase phase) {
  records::Field field;
  field.name = name;
  field.number = number;
  field.phase = phase;
  field.joint = ' ';
  return field;
}

}  // namespace lossd::readers
