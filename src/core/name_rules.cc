#include "core/name_rules.h"

#include <algorithm>
#include <array>

#include "text/utf8_text.h"

namespace lossd::core {
namespace {

constexpr std::array<std::string_view, 9> kOwnLabels = {"training_job", "loss",   "window", "regime",  "role",
                                                        "kind",         "reason", "le",     "quantile"};

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool IsText(std::string_view text, std::size_t max_bytes) { return text.size() <= max_bytes && text::IsUtf8(text); }

bool IsReservedLabel(std::string_view name) {
  return name.starts_with("__") || std::find(kOwnLabels.begin(), kOwnLabels.end(), name) != kOwnLabels.end();
}

bool IsLabelName(std::string_view name) {
  if (name.empty() || !IsLetter(name.front()) || IsReservedLabel(name)) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

}  // namespace lossd::core
