#include "ingest/json_number.h"

#include <algorithm>
#include <charconv>

namespace lossd::ingest {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

bool SkipDigits(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}

}  // namespace

std::string_view TrimJson(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
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
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return stop == end ? error : std::errc::invalid_argument;
}

}  // namespace lossd::ingest
