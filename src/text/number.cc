#include "text/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "text/characters.h"
#include "text/short_decimal.h"

namespace lossd::text {
namespace {

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

/// Length of `71,949`, `1_234_567`: digits in groups of exactly three; 0 where the signs separate something else.
std::size_t GroupedDigits(std::string_view text, std::size_t at) {
  const std::size_t head = Digits(text, at);
  std::size_t end = at + head;
  if (head == 0 || head > 3 || text[at] == '0' || end >= text.size()) return 0;
  const char sign = text[end];
  if (sign != ',' && sign != '_') return 0;
  while (end < text.size() && text[end] == sign && Digits(text, end + 1) == 3) end += 4;
  // "100_000_hours" is a name.
  const bool name = sign == '_' && end < text.size() && (text[end] == '_' || IsLetter(text[end]));
  return end == at + head || name ? 0 : end - at;
}

double ParseGrouped(std::string_view text) {
  double value = 0;
  for (const char c : text) {
    if (IsDigit(c)) value = value * 10 + (c - '0');
  }
  return value;
}

/// As ReadShortDecimal, of any length. False where there is no such number, or it has too many digits.
bool ReadDecimal(std::string_view text, ShortDecimal& number) {
  const std::size_t whole = Digits(text, 0, number.digits);
  if (whole == 0) return false;
  number.length = whole;
  if (whole < text.size() && text[whole] == '.') {
    number.behind_point = Digits(text, whole + 1, number.digits);
    if (number.behind_point == 0) return false;
    number.length += 1 + number.behind_point;
  }
  return number.length <= kExactDigits;
}

/// Most numbers are digits with or without a fraction, and nothing behind them that needs a second look. False where
/// this one may be something else.
bool ScanPlain(std::string_view text, Number& number) {
  ShortDecimal found;
  if (text.size() >= ShortDecimal::kBytes) found = ReadShortDecimal(text.data());
  if (found.length == 0 && !ReadDecimal(text, found)) return false;
  const char* const at = text.data() + found.length;
  const char* const end = text.data() + text.size();
  if (at != end && *at != ' ') {
    if (IsLetter(*at) || *at == '.' || (at + 1 != end && IsDigit(at[1]))) return false;
  }
  number.integral = found.behind_point == 0;
  number.length = found.length;
  number.value = static_cast<double>(found.digits);
  if (!number.integral) number.value /= kPowersOfTen[found.behind_point];
  return true;
}

/// A decimal number as it is being taken apart: `-12.5e-3`.
struct Decimal {
  bool negative = false;
  std::size_t sign = 0;  ///< bytes of it
  std::uint64_t mantissa = 0;
  std::size_t whole = 0, behind_point = 0;  ///< digits
  std::size_t end = 0;
  bool integral = false;
  bool scaled = false;   ///< has an exponent
  bool fortran = false;  ///< ... behind a `D`
};

/// The digits with their point. False where there are none.
bool TakeMantissa(std::string_view text, Decimal& number) {
  number.whole = Digits(text, number.sign, number.mantissa);
  number.end = number.sign + number.whole;
  number.integral = number.whole != 0;
  if (number.end < text.size() && text[number.end] == '.') {
    const std::size_t fraction = Digits(text, number.end + 1, number.mantissa);
    if (number.whole == 0 && fraction == 0) return false;
    // "1." is a number only where nothing of a word follows: "3.layers" is a name.
    const bool last = number.end + 1 == text.size();
    if (fraction != 0 || last ||
        !(IsLetter(text[number.end + 1]) || text[number.end + 1] == '_' || text[number.end + 1] == '.')) {
      number.end += 1 + fraction;
      number.behind_point = fraction;
      number.integral = false;
    }
  }
  return number.end != number.sign;
}

void TakeExponent(std::string_view text, Decimal& number) {
  if (number.end >= text.size()) return;
  const char letter = text[number.end];
  // Fortran's "1.25D-02"
  const bool fortran = (letter == 'D' || letter == 'd') && number.behind_point != 0;
  if (letter != 'e' && letter != 'E' && !fortran) return;
  std::size_t exponent = number.end + 1;
  const bool sign = exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-');
  if (sign) ++exponent;
  const std::size_t digits = Digits(text, exponent);
  if (digits == 0 || (fortran && !sign)) return;
  number.end = exponent + digits;
  number.integral = false;
  number.scaled = true;
  number.fortran = fortran;
}

/// Versions, addresses, dates and clock times begin like numbers.
bool IsSomethingElse(std::string_view text, const Decimal& number) {
  if (number.end >= text.size()) return false;
  const char next = text[number.end];
  const bool more = number.end + 1 < text.size() && IsDigit(text[number.end + 1]);
  if (more && (next == '.' || next == '-' || next == ':' || next == '_')) return true;
  return number.integral && number.whole == 1 && text[number.sign] == '0' && (next == 'x' || next == 'X');
}

/// `71,949`, `1,234.5`; nothing where no thousands are grouped.
std::optional<Number> ScanGrouped(std::string_view text, const Decimal& number) {
  const std::size_t grouped = GroupedDigits(text, number.sign);
  if (grouped == 0) return std::nullopt;
  std::size_t end = number.sign + grouped;
  double value = ParseGrouped(text.substr(number.sign, grouped));
  bool integral = true;
  if (end + 1 < text.size() && text[end] == '.' && IsDigit(text[end + 1])) {
    const std::size_t fraction = Digits(text, end + 1);
    double tail = 0;
    std::from_chars(text.data() + end, text.data() + end + 1 + fraction, tail);
    value += tail;
    end += 1 + fraction;
    integral = false;
  }
  return Number{number.negative ? -value : value, end, integral};
}

double Value(std::string_view text, const Decimal& number) {
  if (!number.scaled && number.whole + number.behind_point <= kExactDigits) {
    const double value = static_cast<double>(number.mantissa) / kPowersOfTen[number.behind_point];
    return number.negative ? -value : value;
  }
  if (number.fortran) {
    std::string written(text.substr(0, number.end));
    for (char& c : written) c = c == 'D' || c == 'd' ? 'e' : c;
    Decimal in_c = number;
    in_c.fortran = false;
    return Value(written, in_c);
  }
  // from_chars knows '-' but not '+'.
  const char* first = text.data() + (number.negative ? 0 : number.sign);
  double value = 0;
  if (std::from_chars(first, text.data() + number.end, value).ec == std::errc::result_out_of_range) {
    const std::string_view written = text.substr(0, number.end);
    const bool tiny = written.find("e-") != std::string_view::npos || written.find("E-") != std::string_view::npos;
    value = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    if (number.negative) value = -value;
  }
  return value;
}

// Apart, so that what it needs is not set up for the many that are plain.
[[gnu::noinline]] std::optional<Number> ScanAny(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Decimal number;
  number.negative = text[0] == '-';
  number.sign = number.negative || text[0] == '+' ? 1 : 0;
  if (number.sign == text.size()) return std::nullopt;
  if (IsLetter(text[number.sign])) return ScanWord(text, number.sign, number.negative);
  const std::string_view unsigned_text = text.substr(number.sign);
  if (unsigned_text.starts_with("1.#")) return ScanWindowsWord(unsigned_text, number.sign, number.negative);
  if (!TakeMantissa(text, number)) return std::nullopt;
  TakeExponent(text, number);
  if (number.integral) {
    if (const auto grouped = ScanGrouped(text, number)) return grouped;
  }
  if (IsSomethingElse(text, number)) return std::nullopt;
  return Number{Value(text, number), number.end, number.integral};
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
