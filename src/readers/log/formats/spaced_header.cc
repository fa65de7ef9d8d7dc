#include "readers/log/formats/spaced_header.h"

#include <algorithm>
#include <cstddef>

#include "readers/log/formats/table_header.h"
#include "readers/log/formats/tokens.h"
#include "records/vocabulary.h"
#include "text/characters.h"
#include "text/number.h"

namespace lossd::readers {
namespace {

using std::string_view;

bool IsKnown(string_view name) { return records::MeaningOf(name).role != records::Role::kOther; }

bool IsCounter(string_view name) {
  const records::Role role = records::MeaningOf(name).role;
  return role == records::Role::kStep || role == records::Role::kEpoch;
}

bool MayBeInName(char c) {
  return text::IsLetter(c) || text::IsDigit(c) || c == ' ' || c == '_' || c == '/' || c == '-' || c == '(' ||
         c == ')' || c == '%' || text::IsWide(c);
}

bool IsRule(string_view line) { return line.find_first_not_of("-=+| ") == string_view::npos; }

}  // namespace

void SpacedHeader::Note(string_view line) {
  if (!names_.empty() && IsRule(line)) return;
  names_.clear();
  if (line.starts_with('#')) line.remove_prefix(1);
  line = text::TrimBlanks(line);
  // Most lines have a sign or a number soon, and are let go before any word is looked up.
  const std::size_t blank = line.find(' ');
  if (blank == string_view::npos || !text::IsLetter(line[0]) || !text::IsLetter(line[blank + 1])) return;
  constexpr std::size_t kLongest = 200;
  if (line.size() > kLongest || !std::ranges::all_of(line, MayBeInName)) return;
  if (string_view rest = line; !IsCounter(TakeToken(rest))) return;
  // "Training" and "Loss" are one name.
  for (string_view word = TakeToken(line); !word.empty(); word = TakeToken(line)) {
    if (!text::IsLetter(word.front())) break;
    const std::string joined = names_.empty() ? std::string() : names_.back() + ' ' + std::string(word);
    if (!joined.empty() && !IsKnown(names_.back()) && (IsKnown(joined) || records::IsPhaseOnly(names_.back()))) {
      names_.back() = joined;
    } else {
      names_.emplace_back(word);
    }
  }
  const ColumnCounts columns(names_);
  if (!OnlyBlanks(line) || names_.size() < 2 || columns.losses == 0) names_.clear();
}

bool SpacedHeader::IsAbove(string_view line) const {
  if (names_.empty()) return false;
  std::size_t cells = 0;
  bool fraction = false;
  for (string_view cell = TakeToken(line); !cell.empty(); cell = TakeToken(line)) {
    const auto number = text::WholeNumber(cell);
    if (!number || (cells == 0 && !number->integral)) return false;
    fraction = fraction || !number->integral;
    ++cells;
  }
  return fraction && cells == names_.size();
}

}  // namespace lossd::readers
