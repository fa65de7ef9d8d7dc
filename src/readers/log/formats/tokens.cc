#include "readers/log/formats/tokens.h"

#include "readers/log/formats/number_surroundings.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

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
    } else if (c == '.' && at + 2 < line.size() && line[at + 1] == ' ' && text::IsDigit(line[at + 2])) {
      return at + 1;  // "Ep. 1 : Up. 100"
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

}  // namespace lossd::readers
