#include "readers/log/formats/quote_prefix.h"

#include <algorithm>

namespace lossd::readers {
namespace {

using std::string_view;

/// The marks at the head of a line: how far they reach, with the blank behind them, and what they are.
struct Marks {
  std::size_t length = 0;
  QuotePrefix::Kind kind = QuotePrefix::Kind::kNone;
  bool comment = false;  ///< a sign with which programs write comments
};

std::size_t Count(string_view line, std::size_t at, char sign) {
  const std::size_t end = line.find_first_not_of(sign, at);
  return std::min(end, line.size()) - at;
}

Marks MarksOf(string_view line) {
  constexpr std::size_t kMostMarks = 4;
  constexpr std::size_t kPrompt = 3;  // ">>> "
  const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
  if (begin == line.size()) return {};
  const char sign = line[begin];
  const std::size_t count = Count(line, begin, sign);
  std::size_t end = begin + count;
  Marks marks;
  switch (sign) {
    case '>':
      if (count == kPrompt || count > kMostMarks) return {};
      marks.kind = QuotePrefix::Kind::kQuote;
      break;
    case '|':
      // With another bar it is a row of a table.
      if (count > 1 || line.find('|', end) != string_view::npos) return {};
      marks.kind = QuotePrefix::Kind::kQuote;
      break;
    case '#': {
      if (count > 2) return {};
      const bool output = end < line.size() && line[end] == '>';
      if (output) ++end;
      marks.kind = output || count == 2 ? QuotePrefix::Kind::kQuote : QuotePrefix::Kind::kComment;
      marks.comment = true;
      break;
    }
    case '/':
      if (count != 2) return {};
      marks = {0, QuotePrefix::Kind::kComment, true};
      break;
    case '%':
      if (count > 2) return {};
      marks = {0, QuotePrefix::Kind::kComment, true};
      break;
    default:
      return {};
  }
  if (end < line.size() && line[end] != ' ') return {};
  marks.length = std::min(end + 1, line.size());
  return marks;
}

/// A prefix whose line holds nothing else may lack its blank.
bool SamePrefix(string_view a, string_view b) {
  const auto trimmed = [](string_view text) { return text.substr(0, text.find_last_not_of(' ') + 1); };
  return trimmed(a) == trimmed(b);
}

}  // namespace

QuotePrefix::Line QuotePrefix::Unwrap(string_view line, std::uint64_t number) {
  Marks marks = MarksOf(line);
  if (!marks.comment) {
    Line found{line, marks.kind, {}};
    // "> > text" is a quote within a quote.
    while (marks.length != 0) {
      found.text.remove_prefix(marks.length);
      marks = found.text.starts_with('>') ? MarksOf(found.text) : Marks{};
    }
    return found;
  }
  const string_view prefix = line.substr(0, marks.length);
  const bool known = number_ + 1 == number && SamePrefix(prefix_, prefix);
  number_ = number;
  const string_view text = line.substr(marks.length);
  if (!known) {
    prefix_.assign(prefix);
    first_.assign(text);
    return {line, Kind::kNone, {}};
  }
  above_.swap(first_);
  first_.clear();
  return {text, marks.kind, above_};
}

}  // namespace lossd::readers
