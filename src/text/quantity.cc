#include "text/quantity.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <span>

namespace lossd::text {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::uint64_t kMillisecond = 1'000'000, kSecond = 1000 * kMillisecond, kDay = 86400 * kSecond;
constexpr Unit kDurationUnits[] = {{"y", 365 * kDay},   {"w", 7 * kDay}, {"d", kDay},         {"h", 3600 * kSecond},
                                   {"m", 60 * kSecond}, {"s", kSecond},  {"ms", kMillisecond}};
constexpr Unit kSizeUnits[] = {{"GiB", 1ull << 30},
                               {"MiB", 1ull << 20},
                               {"KiB", 1ull << 10},
                               {"GB", 1'000'000'000},
                               {"MB", 1'000'000},
                               {"kB", 1000},
                               {"B", 1},
                               {"", 1}};

/// Takes a whole number off the front of `text`.
std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// Takes the letters of a unit off the front of `text`.
std::string_view TakeUnit(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && (text[size] < '0' || text[size] > '9')) ++size;
  const std::string_view unit = text.substr(0, size);
  text.remove_prefix(size);
  return unit;
}

const Unit* FindUnit(std::span<const Unit> units, std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

std::optional<std::chrono::nanoseconds> ParseDuration(std::string_view text) {
  constexpr auto kLongest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  const Unit* last = nullptr;
  while (!text.empty()) {
    const auto number = TakeNumber(text);
    const Unit* unit = number ? FindUnit(kDurationUnits, TakeUnit(text)) : nullptr;
    if (unit == nullptr || (last != nullptr && unit <= last)) return std::nullopt;
    if (*number > (kLongest - total) / unit->factor) return std::nullopt;
    total += *number * unit->factor;
    last = unit;
  }
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

std::string FormatDuration(std::chrono::nanoseconds duration) {
  if (duration.count() < static_cast<std::int64_t>(kMillisecond)) return "0s";
  auto rest = static_cast<std::uint64_t>(duration.count());
  std::string text;
  for (const Unit& unit : kDurationUnits) {
    // Weeks and years would make a round number of days or hours harder to read, not easier.
    if (unit.name == "y" || unit.name == "w" || rest < unit.factor) continue;
    text += std::to_string(rest / unit.factor);
    text += unit.name;
    rest %= unit.factor;
  }
  return text;
}

std::optional<std::size_t> ParseSize(std::string_view text) {
  const auto number = TakeNumber(text);
  const Unit* unit = number ? FindUnit(kSizeUnits, text) : nullptr;
  if (unit == nullptr || *number > std::numeric_limits<std::size_t>::max() / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::string FormatSize(std::size_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    if (unit.name.ends_with("iB") && bytes != 0 && bytes % unit.factor == 0) {
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(bytes) + "B";
}

}  // namespace lossd::text
