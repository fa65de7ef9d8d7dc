// Numbers as training programs print them.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lossd::text {

struct Number {
  double value = 0;        ///< may be NaN or infinite, where the text says so
  std::size_t length = 0;  ///< bytes of text, thousands separators included, unit not
  bool integral = false;   ///< digits alone
};

/// The number that `text` begins with: `12`, `-0.5`, `.98`, `1.`, `1e-05`, `71,949`, `nan`, `-inf`, `Infinity`. Nothing
/// where there is none, or where what begins like one is something else: `1.2.3`, `2024-01-31`, `12:30:00`, `0x1f`,
/// `10.0.0.1`. A value beyond the range of a double is infinite or zero, as in the program that printed it. What
/// follows (a unit, a letter glued to it) is the caller's business.
std::optional<Number> ScanNumber(std::string_view text);

/// The number that `text` is from its first byte to its last.
std::optional<Number> WholeNumber(std::string_view text);

/// Of a number without a fraction and within the range of int64: its value.
inline std::optional<std::int64_t> AsStep(const Number& number) {
  constexpr double kLimit = 9.0e18;
  if (!(std::abs(number.value) < kLimit)) return std::nullopt;
  const auto whole = static_cast<std::int64_t>(number.value);
  return static_cast<double>(whole) == number.value ? std::optional(whole) : std::nullopt;
}

}  // namespace lossd::text
