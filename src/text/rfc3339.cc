#include "text/rfc3339.h"

#include <charconv>
#include <cstdint>

#include "text/characters.h"

namespace lossd::text {
namespace {

/// The number that stands in `count` digits at the front, which are cut off; -1 where they do not.
int Digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!IsDigit(text[i])) return -1;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool Take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// Nanoseconds of a fraction: digits beyond the ninth are dropped; -1 where there is none.
std::int64_t Fraction(std::string_view& text) {
  std::int64_t nanoseconds = 0, unit = 100'000'000;
  std::size_t count = 0;
  for (; count < text.size() && IsDigit(text[count]); ++count, unit /= 10) nanoseconds += (text[count] - '0') * unit;
  text.remove_prefix(count);
  return count == 0 ? -1 : nanoseconds;
}

}  // namespace

std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> ParseRfc3339(std::string_view text) {
  using namespace std::chrono;
  const int y = Digits(text, 4);
  if (!Take(text, "-")) return std::nullopt;
  const int m = Digits(text, 2);
  if (!Take(text, "-")) return std::nullopt;
  const int d = Digits(text, 2);
  if (!Take(text, "Tt ")) return std::nullopt;
  const int hour = Digits(text, 2);
  if (!Take(text, ":")) return std::nullopt;
  const int minute = Digits(text, 2);
  if (!Take(text, ":")) return std::nullopt;
  const int second = Digits(text, 2);
  std::int64_t fraction = 0;
  if (Take(text, ".") && (fraction = Fraction(text)) < 0) return std::nullopt;
  int offset = 0;  // minutes
  if (!Take(text, "Zz")) {
    const bool west = text.starts_with('-');
    if (!Take(text, "+-")) return std::nullopt;
    const int hours_off = Digits(text, 2);
    if (!Take(text, ":")) return std::nullopt;
    const int minutes_off = Digits(text, 2);
    if (hours_off < 0 || hours_off > 23 || minutes_off < 0 || minutes_off > 59) return std::nullopt;
    offset = (hours_off * 60 + minutes_off) * (west ? -1 : 1);
  }
  const year_month_day date(year(y), month(static_cast<unsigned>(m)), day(static_cast<unsigned>(d)));
  if (!text.empty() || y < 1678 || y > 2261 || m < 0 || d < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  return sys_time<nanoseconds>(sys_days(date)) + hours(hour) + minutes(minute - offset) + seconds(second) +
         nanoseconds(fraction);
}

}  // namespace lossd::text
