#include "ingest/formats/pair_scanner.h"

#include <cstddef>

namespace lossd::ingest {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsJoint(char c) { return c == '.' || c == '/' || c == '-' || c == '@'; }

/// Whether a number may begin at `at`.
bool BeginsNumber(std::string_view line, std::size_t at) {
  const char c = line[at];
  if (IsDigit(c)) return true;
  if (c != '-' && c != '+' && c != '.') return false;
  if (at + 1 >= line.size()) return false;
  const char next = line[at + 1];
  return IsDigit(next) || next == '.' || (c != '.' && (next == 'i' || next == 'n' || next == 'I' || next == 'N'));
}

std::size_t WordEnd(std::string_view line, std::size_t at) {
  while (at < line.size()) {
    if (IsLetter(line[at]) || IsDigit(line[at])) {
      ++at;
    } else if (IsJoint(line[at]) && at + 1 < line.size() && (IsLetter(line[at + 1]) || IsDigit(line[at + 1]))) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

void ScanPairs(std::string_view line, std::vector<Field>& fields) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t name_start = kNone, name_end = 0, context_start = kNone, context_end = 0;
  bool separated = false;  // a ':' or '=' has followed the name
  const auto forget = [&] {
    name_start = context_start = kNone;
    separated = false;
  };
  std::size_t i = 0;
  while (i < line.size()) {
    const char c = line[i];
    if (BeginsNumber(line, i)) {
      const auto number = ScanNumber(line.substr(i));
      if (!number) {
        i = std::max(WordEnd(line, i), i + 1);
        while (i < line.size() && (IsDigit(line[i]) || line[i] == ':' || line[i] == '.' || line[i] == '-')) ++i;
        forget();
        continue;
      }
      std::size_t end = i + number->length;
      const bool unit = end < line.size() && (IsLetter(line[end]) || line[end] == '%');
      if (name_start != kNone) {
        const std::string_view context =
            context_start == kNone ? std::string_view() : line.substr(context_start, context_end - context_start);
        fields.push_back({line.substr(name_start, name_end - name_start), context, *number, unit});
      }
      forget();
      if (unit) end = WordEnd(line, end);
      i = end;
      continue;
    }
    if (IsLetter(c)) {
      const std::size_t end = WordEnd(line, i);
      const std::string_view word = line.substr(i, end - i);
      const auto number = ScanNumber(word);  // nan, inf
      if (number && number->length == word.size() && separated && name_start != kNone) {
        const std::string_view context =
            context_start == kNone ? std::string_view() : line.substr(context_start, context_end - context_start);
        fields.push_back({line.substr(name_start, name_end - name_start), context, *number, false});
        forget();
      } else {
        if (separated || name_start == kNone) {
          if (separated && name_start != kNone) {
            context_start = name_start;
            context_end = name_end;
          }
          name_start = i;
          separated = false;
        }
        name_end = end;
      }
      i = end;
      continue;
    }
    switch (c) {
      case ':':
      case '=':
        separated = true;
        break;
      case ' ':
      case '\t':
      case '\'':
      case '"':
        break;
      default:
        forget();
    }
    ++i;
  }
}

}  // namespace lossd::ingest
