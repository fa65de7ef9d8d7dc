#include "core/name_rules.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lossd::core {
namespace {

constexpr std::array<std::string_view, 9> kOwnLabels = {"training_job", "loss",   "window", "regime",  "role",
                                                        "kind",         "reason", "le",     "quantile"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Bytes of the UTF-8 sequence that begins `text`; 0 where there is no valid one.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second >= 0xA0;
  const bool beyond = lead == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

bool IsText(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return false;
  while (!text.empty()) {
    const std::size_t length = text.front() == '\0' ? 0 : SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool IsReservedLabel(std::string_view name) {
  return name.starts_with("__") || std::find(kOwnLabels.begin(), kOwnLabels.end(), name) != kOwnLabels.end();
}

bool IsLabelName(std::string_view name) {
  if (name.empty() || !IsLetter(name.front()) || IsReservedLabel(name)) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

}  // namespace lossd::core
