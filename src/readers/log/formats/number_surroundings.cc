#include "readers/log/formats/number_surroundings.h"

#include <algorithm>
#include <array>
#include <string>

#include "readers/log/formats/tokens.h"
#include "text/characters.h"

namespace lossd::readers {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;

std::size_t WideSeparator(string_view line, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < line.size() ? static_cast<unsigned char>(line[at + i]) : 0U; };
  if (byte(0) == 0xE2) return 3;
  if (byte(0) == 0xF0) return 4;
  if (byte(0) == 0xC2) return 2;
  if (byte(0) == 0xE3 && byte(1) == 0x80) return 3;
  if (byte(0) == 0xEF && (byte(1) == 0xBC || byte(1) == 0xB8)) return 3;
  return 0;
}
bool IsFullWidthColon(string_view line, std::size_t at) { return line.substr(at, 3) == "\xEF\xBC\x9A"; }
bool IsHardBlank(string_view line, std::size_t at) { return line.substr(at, 2) == "\xC2\xA0"; }
bool IsArrow(string_view line, std::size_t at) { return line.substr(at, 3) == "\xE2\x86\x92"; }

std::size_t SkipBlanks(string_view line, std::size_t at) {
  while (at < line.size() && text::IsBlank(line[at])) ++at;
  return at;
}

bool IsGluedLogPrefix(string_view line, std::size_t at) {
  if (string_view("IWEF").find(line[at]) == kNone || at + 5 >= line.size()) return false;
  return std::all_of(line.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                     line.begin() + static_cast<std::ptrdiff_t>(at) + 5, text::IsDigit) &&
         line[at + 5] == ' ';
}

std::size_t TotalBegin(string_view line, std::size_t end) { return SkipBlanks(line, SkipBlanks(line, end) + 1); }

std::size_t TotalEnd(string_view line, std::size_t end) {
  const std::size_t slash = SkipBlanks(line, end);
  if (slash >= line.size() || line[slash] != '/') return 0;
  const std::size_t begin = TotalBegin(line, end);
  if (begin >= line.size() || !text::IsDigit(line[begin])) return 0;
  const auto total = text::ScanNumber(line.substr(begin));
  if (!total) return kNone;
  if (!total->integral) return 0;
  const std::size_t total_end = begin + total->length;
  if (total_end < line.size() && line[total_end] == '/') return kNone;
  if (total_end < line.size() && text::IsLetter(line[total_end]) && slash == end) return 0;
  return total_end;
}

std::optional<NumberRange> ScanRange(string_view line, std::size_t at, bool padded) {
  const auto digits_end = [&](std::size_t i) {
    while (i < line.size() && text::IsDigit(line[i])) ++i;
    return i;
  };
  const std::size_t dash = digits_end(at);
  if (dash == at || dash >= line.size() || line[dash] != '-') return std::nullopt;
  const std::size_t second = padded ? SkipBlanks(line, dash + 1) : dash + 1;
  const std::size_t end = digits_end(second);
  if (end == second || (end < line.size() && (line[end] == '-' || line[end] == '.' || line[end] == ':')))
    return std::nullopt;
  const auto number = text::ScanNumber(line.substr(second, end - second));
  if (!number) return std::nullopt;
  return NumberRange{*number, end};
}

bool IsLastFraction(string_view line, std::size_t at) {
  const std::size_t begin = SkipBlanks(line, at);
  const auto number = begin < line.size() ? text::ScanNumber(line.substr(begin)) : std::nullopt;
  return number && !number->integral && SkipBlanks(line, begin + number->length) == line.size();
}

bool IsLastCell(string_view line, std::size_t bar) {
  const std::size_t begin = SkipBlanks(line, bar + 1);
  const auto number = begin < line.size() ? text::ScanNumber(line.substr(begin)) : std::nullopt;
  if (!number) return false;
  const std::size_t end = SkipBlanks(line, begin + number->length);
  return end < line.size() && line[end] == '|' && SkipBlanks(line, end + 1) == line.size();
}

bool IsWrapper(string_view line, string_view word, std::size_t end) {
  if (end + 1 >= line.size() || line[end] != '(') return false;
  const bool known = word == "tensor" || word == "array" || word == "Array" || word == "DeviceArray" ||
                     word == "Tensor" || word == "tf.Tensor" || word == "Variable" || word == "param" ||
                     word.starts_with("np.") || word.starts_with("jnp.") || word.starts_with("torch.");
  const std::size_t value = line.find_first_not_of('[', end + 1);
  return known && value != kNone && text::ScanNumber(line.substr(value));
}

string_view WordInParentheses(string_view line, std::size_t open) {
  constexpr std::size_t kLongest = 16;
  const std::size_t close = line.find(')', open);
  if (close == kNone || close - open > kLongest) return {};
  const string_view inside = line.substr(open + 1, close - open - 1);
  const bool words =
      std::none_of(inside.begin(), inside.end(), [](char c) { return text::IsDigit(c) || c == '=' || c == ':'; });
  return words ? inside : string_view();
}

bool IsTimeUnit(string_view line, std::size_t end) {
  constexpr std::array kUnits = {string_view("s"),      string_view("sec"),  string_view("secs"),
                                 string_view("second"), string_view("ms"),   string_view("seconds"),
                                 string_view("min"),    string_view("mins"), string_view("minutes"),
                                 string_view("hours"),  string_view("hour"), string_view("minute")};
  if (end + 1 >= line.size() || line[end] != ' ' || !text::IsLetter(line[end + 1])) return false;
  std::size_t word = end + 1;
  while (word < line.size() && text::IsLetter(line[word])) ++word;
  const string_view unit = line.substr(end + 1, word - end - 1);
  if (std::find(kUnits.begin(), kUnits.end(), unit) == kUnits.end()) return false;
  return word == line.size() || string_view(",;.)]|").find(line[word]) != kNone;
}

bool IsTime(string_view line, std::size_t at) {
  if (at + 5 >= line.size() || line[at] != ' ') return false;
  return text::IsDigit(line[at + 1]) && text::IsDigit(line[at + 2]) && line[at + 3] == ':' &&
         text::IsDigit(line[at + 4]);
}

bool IsBar(string_view line, std::size_t at) {
  at = SkipBlanks(line, at);
  if (at >= line.size()) return false;
  if (line.substr(at, 3) == "\xE2\x94\x81") return true;
  if (line[at] != '[' || at + 1 >= line.size()) return false;
  const char next = line[at + 1];
  if (next == '=' || next == '>' || next == '.') return true;
  std::size_t i = at + 1;
  while (i < line.size() && text::IsDigit(line[i])) ++i;
  return i > at + 1 && i < line.size() && line[i] == ':';
}

std::size_t JunkEnd(string_view line, std::size_t at) {
  while (at < line.size()) {
    const char c = line[at];
    const bool inner = (c == '.' || c == ':' || c == '-' || c == '/' || c == ',' || c == '+') && at + 1 < line.size() &&
                       text::IsDigit(line[at + 1]);
    if (!inner && !text::IsDigit(c) && !text::IsLetter(c) && c != '_') break;
    ++at;
  }
  const bool sign = at < line.size() && (line[at] == '-' || line[at] == '+' || line[at] == '.');
  return sign ? at + 1 : at;
}

std::size_t AverageEnd(string_view line, std::size_t at) {
  constexpr std::size_t kLongest = 40;
  const std::size_t open = SkipBlanks(line, at);
  if (open >= line.size() || line[open] != '(') return at;
  const std::size_t i = SkipBlanks(line, open + 1);
  if (i >= line.size()) return at;
  const bool number = text::IsDigit(line[i]) || line[i] == '-' || line[i] == '+' || line[i] == '.' || line[i] == '*' ||
                      line.substr(i, 3) == "nan";
  const std::size_t close = line.find(')', i);
  const bool fraction = close != kNone && line.substr(i, close - i).find(" of ") != kNone;
  return number && close != kNone && close - open <= kLongest && !fraction ? close + 1 : at;
}

double ScaleOfCount(string_view line, std::size_t at) {
  if (at >= line.size() || (at + 1 < line.size() && (IsNameByte(line[at + 1]) || text::IsDigit(line[at + 1]))))
    return 0;
  return line[at] == 'k' || line[at] == 'K' ? 1e3 : line[at] == 'M' ? 1e6 : 0;
}

bool LeadsToValue(string_view line, std::size_t end) {
  const std::size_t joint = SkipBlanks(line, end);
  if (joint >= line.size() || (line[joint] != ':' && line[joint] != '=')) return false;
  const std::size_t at = SkipBlanks(line, joint + 1);
  const auto number = at < line.size() ? text::ScanNumber(line.substr(at)) : std::nullopt;
  return number && !number->integral;
}

bool HasComma(string_view line, std::size_t at, const text::Number& number) {
  const std::size_t end = at + number.length;
  if (!number.integral) return false;
  if (line.substr(at, number.length).find(',') != kNone) return true;
  return end + 1 < line.size() && line[end] == ',' && text::IsDigit(line[end + 1]);
}

namespace {

/// Whether a number of the line begins with `0,`, so that commas are decimal ones.
bool HasDecimalComma(string_view line) {
  for (std::size_t at = line.find("0,"); at != kNone; at = line.find("0,", at + 2)) {
    const bool alone = at == 0 || !(text::IsDigit(line[at - 1]) || line[at - 1] == ',' || line[at - 1] == '.');
    if (alone && at + 2 < line.size() && text::IsDigit(line[at + 2])) return true;
  }
  return false;
}

}  // namespace

std::optional<text::Number> ScanDecimalComma(string_view line, std::size_t at, const text::Number& number) {
  const string_view written = line.substr(at, number.length);
  const auto commas = std::count(written.begin(), written.end(), ',');
  if (commas > 1 || (commas == 1 && !HasDecimalComma(line))) return number;
  const std::size_t comma = line.find(',', at);
  std::size_t end = comma + 1;
  while (end < line.size() && text::IsDigit(line[end])) ++end;
  if (end + 1 < line.size() && line[end] == 'e') {
    const std::size_t exponent = line[end + 1] == '-' || line[end + 1] == '+' ? end + 2 : end + 1;
    if (exponent < line.size() && text::IsDigit(line[exponent])) {
      end = exponent;
      while (end < line.size() && text::IsDigit(line[end])) ++end;
    }
  }
  const bool list = end + 1 < line.size() && (line[end] == ',' || line[end] == '.') && text::IsDigit(line[end + 1]);
  if (list) return std::nullopt;
  std::string decimal(line.substr(at, end - at));
  decimal[comma - at] = '.';
  const auto value = text::WholeNumber(decimal);
  if (!value) return std::nullopt;
  return text::Number{value->value, end - at, false};
}

void SumUp(string_view line, text::Number& value, std::size_t& end) {
  std::size_t i = end;
  while (line.substr(i, 3) == " + " || (i > end && line.substr(i, 3) == " = ")) {
    const bool last = line[i + 1] == '=';
    const auto number = text::ScanNumber(line.substr(std::min(i + 3, line.size())));
    if (!number) return;
    i += 3 + number->length;
    if (last) {
      value = *number;
      end = i;
      return;
    }
  }
}

}  // namespace lossd::readers
