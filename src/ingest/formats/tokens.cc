#include "ingest/formats/tokens.h"

#include "ingest/formats/characters.h"
#include "ingest/formats/number_surroundings.h"

namespace lossd::ingest {
namespace {

bool IsJoint(char c) { return c == '.' || c == '/' || c == '-' || c == '@' || c == '\\'; }

}  // namespace

bool IsNameByte(char c) { return IsLetter(c) || c == '_' || IsWide(c); }

std::size_t WordEnd(std::string_view line, std::size_t at) {
  while (at < line.size()) {
    const char c = line[at];
    if (IsDigit(c) || (IsNameByte(c) && !(IsWide(c) && WideSeparator(line, at) != 0))) {
      ++at;
    } else if (IsJoint(c) && at + 1 < line.size() &&
               (IsLetter(line[at + 1]) || IsDigit(line[at + 1]) || line[at + 1] == '_')) {
      at += 2;
    } else if (c == '\'' && line.substr(at, 3) == "'s ") {
      at += 3;  // "valid_0's auc" is one name
    } else if (c == '.' && at + 2 < line.size() && line[at + 1] == ' ' && IsDigit(line[at + 2])) {
      return at + 1;  // "Ep. 1 : Up. 100"
    } else {
      break;
    }
  }
  return at;
}

bool BeginsNumber(std::string_view line, std::size_t at) {
  const char c = line[at];
  if (IsDigit(c)) return true;
  if ((c != '-' && c != '+' && c != '.') || at + 1 >= line.size()) return false;
  const char next = line[at + 1];
  if (c == '.') return IsDigit(next);
  return IsDigit(next) || (next == '.' && at + 2 < line.size() && IsDigit(line[at + 2])) || next == 'i' || next == 'n';
}

}  // namespace lossd::ingest
