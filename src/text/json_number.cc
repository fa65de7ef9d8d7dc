#include "text/json_number.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace lossd::text {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool SkipDigits(std::string_view& text) {
  const std::size_t size = text.size();
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  return text.size() < size;
}

/// Whether a decimal number that does not fit into a double is too small for it, rather than too large.
bool IsTiny(std::string_view text) {
  const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, mark);
  const std::string_view exponent = text.substr(std::min(mark + 1, text.size()));
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  std::int64_t scale = 0;
  const char* const begin = exponent.data() + (exponent.starts_with('+') ? 1 : 0);
  if (std::from_chars(begin, exponent.data() + exponent.size(), scale).ec == std::errc::result_out_of_range) {
    return exponent.starts_with('-');
  }
  // No text is so long that its digits could make up for such an exponent.
  constexpr std::int64_t kBeyond = 1'000'000'000'000;
  scale = std::clamp(scale, -kBeyond, kBeyond);
  return static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + scale < 0;
}

}  // namespace

std::string_view TrimJson(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool IsNumberToken(std::string_view token) {
  if (token == "NaN" || token == "Infinity" || token == "-Infinity") return true;
  if (token.starts_with('-')) token.remove_prefix(1);
  const bool zero = token.starts_with('0');
  const std::size_t digits = token.size();
  if (!SkipDigits(token) || (zero && digits - token.size() > 1)) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!SkipDigits(token)) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!SkipDigits(token)) return false;
  }
  return token.empty();
}

std::errc ToDouble(std::string_view text, double& number) {
  text = TrimJson(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  // from_chars knows "nan(...)", which nobody prints.
  if (text.empty() || text.back() == ')') return std::errc::invalid_argument;
  const char* const end = text.data() + text.size();
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end) return std::errc::invalid_argument;
  const bool tiny = error == std::errc::result_out_of_range && IsTiny(text);
  if (error != std::errc() && !tiny) return error;
  number = tiny ? 0 : value;
  return {};
}

}  // namespace lossd::text
