#include "readers/log/formats/name_list.h"

#include <algorithm>

#include "readers/log/formats/number_surroundings.h"
#include "readers/log/formats/tokens.h"
#include "records/field_meaning.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

using Names = std::array<string_view, NameList::kMost>;

bool IsSeparator(char c) { return c == ',' || c == '/' || c == '|'; }

string_view Trim(string_view text) {
  while (!text.empty() && text::IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && text::IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

/// The number behind the separator behind `end`; npos where there is none.
std::size_t NextNumber(string_view line, std::size_t end) {
  const std::size_t separator = SkipBlanks(line, end);
  if (separator >= line.size() || !IsSeparator(line[separator])) return string_view::npos;
  const std::size_t at = SkipBlanks(line, separator + 1);
  return at < line.size() && BeginsNumber(line, at) ? at : string_view::npos;
}

bool ScanNumbers(string_view line, std::size_t at, NameList& list) {
  list.size = 0;
  while (at != string_view::npos) {
    const auto number = text::ScanNumber(line.substr(at));
    if (!number || list.size == NameList::kMost) return false;
    list.entries[list.size].number = *number;
    list.entries[list.size++].at = at;
    list.end = at + number->length;
    const bool glued = list.end < line.size() && (IsNameByte(line[list.end]) || line[list.end] == '%');
    if (glued) return false;
    at = NextNumber(line, list.end);
  }
  return list.size > 1;
}

/// `a/b`, `a | b`; the parts from the last to the first.
std::size_t Split(string_view names, Names& parts) {
  std::size_t count = 0;
  while (count < parts.size()) {
    std::size_t begin = names.size();
    while (begin > 0 && !IsSeparator(names[begin - 1])) --begin;
    const string_view part = Trim(names.substr(begin));
    if (part.empty()) return 0;
    parts[count++] = part;
    if (begin == 0) return count;
    names = names.substr(0, begin - 1);
  }
  return 0;
}

/// Where the list of names begins that ends with the one that begins at `begin`.
std::size_t ListBegin(string_view line, std::size_t begin) {
  const auto of_name = [&](std::size_t i) {
    return text::IsLetter(line[i]) || line[i] == '_' || line[i] == ' ' || line[i] == '-' ||
           (text::IsDigit(line[i]) && i > 0 && (text::IsLetter(line[i - 1]) || line[i - 1] == '_'));
  };
  while (true) {
    std::size_t separator = begin;
    while (separator > 0 && text::IsBlank(line[separator - 1])) --separator;
    if (separator == 0 || !IsSeparator(line[separator - 1])) return begin;
    std::size_t word = --separator;
    while (word > 0 && of_name(word - 1)) --word;
    if (Trim(line.substr(word, separator - word)).empty()) return begin;
    begin = word;
  }
}

/// "loss (train/val)": what stands in the parenthesis, and before it.
bool SplitParenthesis(string_view name, string_view& head, string_view& inside) {
  const std::size_t open = name.find('(');
  if (open == string_view::npos || name.back() != ')') return false;
  head = Trim(name.substr(0, open));
  inside = name.substr(open + 1, name.size() - open - 2);
  return true;
}

bool IsLoss(string_view name) { return records::MeaningOf(name).role == records::Role::kLoss; }

bool BeginsWithLoss(string_view name, string_view& loss) {
  const std::size_t blank = name.rfind(' ');
  if (blank == string_view::npos || !IsLoss(name.substr(0, blank))) return false;
  loss = name.substr(0, blank);
  return true;
}

bool IsPhase(string_view word) { return records::PhaseOf(word) != records::Phase::kUnsaid; }

/// Of "val loss" or "loss val" the loss, whose phase another name of the list has.
string_view LossWithin(string_view name) {
  for (std::size_t blank = name.find(' '); blank != string_view::npos; blank = name.find(' ')) {
    if (!IsPhase(name.substr(0, blank))) break;
    name = name.substr(blank + 1);
  }
  for (std::size_t blank = name.rfind(' '); blank != string_view::npos; blank = name.rfind(' ')) {
    if (!IsPhase(name.substr(blank + 1))) break;
    name = name.substr(0, blank);
  }
  return name;
}

}  // namespace

bool BeginsNumberList(string_view line, std::size_t end) { return NextNumber(line, end) != string_view::npos; }

bool ScanNameList(string_view line, string_view name, std::size_t at, NameList& list) {
  if (!ScanNumbers(line, at, list)) return false;
  const auto begin = static_cast<std::size_t>(name.data() - line.data());
  string_view head, inside;
  Names parts;
  std::size_t count = 0;
  if (SplitParenthesis(name, head, inside)) {
    count = Split(inside, parts);
  } else {
    const std::size_t first = ListBegin(line, begin);
    count = Split(line.substr(first, begin + name.size() - first), parts);
  }
  if (count < list.size || (count > list.size && head.data() != nullptr)) return false;
  string_view loss = head;
  for (std::size_t i = 0; i < list.size && loss.empty(); ++i) {
    if (IsLoss(parts[i])) loss = LossWithin(parts[i]);
  }
  if (loss.empty() && BeginsWithLoss(parts[count - 1], loss)) {
    // "loss min|avg|max: 0.5|0.75|1.5"
    for (std::size_t i = 0; i < list.size; ++i) {
      const bool mean = parts[i] == "avg" || parts[i] == "mean";
      list.entries[list.size - 1 - i].name = mean ? loss : parts[i];
    }
    return count == list.size;
  }
  if (loss.empty() || !IsLoss(loss)) return false;
  for (std::size_t i = 0; i < list.size; ++i) {
    NameList::Entry& entry = list.entries[list.size - 1 - i];
    const bool phase_only = records::IsPhaseOnly(parts[i]);
    entry.name = phase_only || (head.data() != nullptr && IsLoss(parts[i])) ? loss : parts[i];
    entry.phase = phase_only ? records::PhaseWithin(parts[i]) : records::Phase::kUnsaid;
  }
  return true;
}

}  // namespace lossd::readers
