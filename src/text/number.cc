#include "text/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

namespace lossd::text {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::size_t Digits(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

/// The same, and appends them to `mantissa`, which wraps around where there are too many.
std::size_t Digits(std::string_view text, std::size_t at, std::uint64_t& mantissa) {
  std::size_t end = at;
  for (; end < text.size() && IsDigit(text[end]); ++end)
    mantissa = mantissa * 10 + static_cast<std::uint64_t>(text[end] - '0');
  return end - at;
}

/// So many digits fit into a double, and the power of ten below them does as well: one division then rounds once, to
/// what from_chars gives.
constexpr std::size_t kExactDigits = 15;
constexpr std::array<double, kExactDigits + 1> kPowersOfTen = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                               1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

bool StartsWithWord(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return text.size() == lower.size() ||
         !(IsLetter(text[lower.size()]) || IsDigit(text[lower.size()]) || text[lower.size()] == '_');
}

/// Length of the kind that C's library may write behind `nan`: `(ind)`, `(snan)`.
std::size_t KindOfNan(std::string_view text) {
  for (const std::string_view kind : {"(ind)", "(snan)", "(qnan)"}) {
    if (text.starts_with(kind)) return kind.size();
  }
  return 0;
}

/// `1.#QNAN`, `1.#IND00`, `1.#INF`, as the C library of Windows wrote them. `text` is without its sign.
std::optional<Number> ScanWindowsWord(std::string_view text, std::size_t sign, bool negative) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string_view word = text.substr(3);
  const bool infinite = word.starts_with("INF");
  const std::size_t letters = word.starts_with("QNAN") || word.starts_with("SNAN") ? 4
                              : word.starts_with("IND") || infinite                ? 3
                                                                                   : 0;
  if (letters == 0) return std::nullopt;
  const double value = !infinite ? std::numeric_limits<double>::quiet_NaN() : negative ? -kInfinity : kInfinity;
  return Number{value, sign + 3 + letters + Digits(word, letters), false};
}

std::optional<Number> ScanWord(std::string_view text, std::size_t sign, bool negative) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::string_view rest = text.substr(sign);
  if (StartsWithWord(rest, "nan")) {
    return Number{std::numeric_limits<double>::quiet_NaN(), sign + 3 + KindOfNan(rest.substr(3)), false};
  }
  if (StartsWithWord(rest, "inf")) return Number{negative ? -kInfinity : kInfinity, sign + 3, false};
  if (StartsWithWord(rest, "infinity")) return Number{negative ? -kInfinity : kInfinity, sign + 8, false};
  return std::nullopt;
}

/// Length of `71,949`, `1,234,567`: digits in groups of exactly three; 0 where the commas separate something else.
std::size_t GroupedDigits(std::string_view text, std::size_t at) {
  const std::size_t head = Digits(text, at);
  if (head == 0 || head > 3 || text[at] == '0') return 0;
  std::size_t end = at + head;
  while (end < text.size() && text[end] == ',' && Digits(text, end + 1) == 3) end += 4;
  return end == at + head ? 0 : end - at;
}

double ParseGrouped(std::string_view text) {
  double value = 0;
  for (const char c : text) {
    if (IsDigit(c)) value = value * 10 + (c - '0');
  }
  return value;
}

/// Most numbers are digits with or without a fraction, and nothing behind them that needs a second look. False where
/// this one may be something else.
bool ScanPlain(std::string_view text, Number& number) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  std::uint64_t mantissa = 0;
  const auto digits = [&] {
    for (; at != end && IsDigit(*at); ++at) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at - '0');
  };
  digits();
  const char* const point = at;
  std::size_t behind_point = 0;
  if (at == begin) return false;
  if (at != end && *at == '.') {
    ++at;
    digits();
    behind_point = static_cast<std::size_t>(at - point) - 1;
    if (behind_point == 0) return false;
  }
  const auto length = static_cast<std::size_t>(at - begin);
  if (length > kExactDigits) return false;
  if (at != end && *at != ' ') {
    if (IsLetter(*at) || *at == '.' || (at + 1 != end && IsDigit(at[1]))) return false;
  }
  number.integral = behind_point == 0;
  number.length = length;
  number.value = static_cast<double>(mantissa);
  if (!number.integral) number.value /= kPowersOfTen[behind_point];
  return true;
}

// Apart, so that what it needs is not set up for the many that are plain.
[[gnu::noinline]] std::optional<Number> ScanAny(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool negative = text[0] == '-';
  const std::size_t sign = negative || text[0] == '+' ? 1 : 0;
  if (sign == text.size()) return std::nullopt;
  if (IsLetter(text[sign])) return ScanWord(text, sign, negative);
  if (text.substr(sign).starts_with("1.#")) return ScanWindowsWord(text.substr(sign), sign, negative);

  std::uint64_t mantissa = 0;
  const std::size_t whole = Digits(text, sign, mantissa);
  std::size_t end = sign + whole;
  std::size_t behind_point = 0;
  bool integral = whole != 0;
  bool scaled = false;
  if (end < text.size() && text[end] == '.') {
    const std::size_t fraction = Digits(text, end + 1, mantissa);
    if (whole == 0 && fraction == 0) return std::nullopt;
    // "1." is a number only where nothing of a word follows: "3.layers" is a name.
    if (fraction != 0 || end + 1 == text.size() ||
        !(IsLetter(text[end + 1]) || text[end + 1] == '_' || text[end + 1] == '.')) {
      end += 1 + fraction;
      behind_point = fraction;
      integral = false;
    }
  }
  if (end == sign) return std::nullopt;
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    const std::size_t digits = Digits(text, exponent);
    if (digits != 0) {
      end = exponent + digits;
      integral = false;
      scaled = true;
    }
  }
  // Versions, addresses, dates and clock times begin like numbers.
  if (end < text.size()) {
    const char next = text[end];
    const bool more = end + 1 < text.size() && IsDigit(text[end + 1]);
    if (more && (next == '.' || next == '-' || next == ':' || next == '_')) return std::nullopt;
    if (integral && whole == 1 && text[sign] == '0' && (next == 'x' || next == 'X')) return std::nullopt;
  }

  if (integral) {
    if (const std::size_t grouped = GroupedDigits(text, sign); grouped != 0) {
      std::size_t grouped_end = sign + grouped;
      double value = ParseGrouped(text.substr(sign, grouped));
      bool whole_number = true;
      if (grouped_end + 1 < text.size() && text[grouped_end] == '.' && IsDigit(text[grouped_end + 1])) {
        const std::size_t fraction = Digits(text, grouped_end + 1);
        double tail = 0;
        std::from_chars(text.data() + grouped_end, text.data() + grouped_end + 1 + fraction, tail);
        value += tail;
        grouped_end += 1 + fraction;
        whole_number = false;
      }
      return Number{negative ? -value : value, grouped_end, whole_number};
    }
  }

  if (!scaled && whole + behind_point <= kExactDigits) {
    const double value = static_cast<double>(mantissa) / kPowersOfTen[behind_point];
    return Number{negative ? -value : value, end, integral};
  }
  // from_chars knows '-' but not '+'.
  const char* first = text.data() + (negative ? 0 : sign);
  const char* last = text.data() + end;
  double value = 0;
  if (std::from_chars(first, last, value).ec == std::errc::result_out_of_range) {
    const bool tiny = text.substr(0, end).find("e-") != std::string_view::npos ||
                      text.substr(0, end).find("E-") != std::string_view::npos;
    value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    if (negative) value = -value;
  }
  return Number{value, end, integral};
}

}  // namespace

std::optional<Number> ScanNumber(std::string_view text) {
  // Filled in place: a copy of fields just written would wait for them to reach the cache.
  std::optional<Number> number(std::in_place);
  if (!ScanPlain(text, *number)) number = ScanAny(text);
  return number;
}

std::optional<Number> WholeNumber(std::string_view text) {
  const auto number = ScanNumber(text);
  if (number && number->length == text.size()) return number;
  return std::nullopt;
}

}  // namespace lossd::text
