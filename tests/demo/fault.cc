#include "demo/fault.h"

#include <array>
#include <charconv>

namespace lossd::demo {
namespace {

struct Entry {
  std::string_view name;
  Fault::Kind kind;
  double amount;
  std::string_view words;
};

constexpr std::array kEntries = {
    Entry{"lr-jump", Fault::Kind::kLrJump, 30, "the learning rate jumps"},
    Entry{"overflow", Fault::Kind::kOverflow, 0, "an update overflows the weights"},
    Entry{"nan", Fault::Kind::kNan, 0, "a record of the data is NaN"},
    Entry{"freeze", Fault::Kind::kFreeze, 0, "the weights freeze"},
    Entry{"corrupt", Fault::Kind::kCorrupt, 0, "the labels are corrupted"},
    Entry{"oscillate", Fault::Kind::kOscillate, 24, "the data is no longer shuffled"},
    Entry{"rewind", Fault::Kind::kRewind, 100, "training resumes from a checkpoint"},
    Entry{"hang", Fault::Kind::kHang, 5, "training hangs"},
};

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<Fault> ParseFault(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  for (const Entry& entry : kEntries) {
    if (text.substr(0, at) != entry.name) continue;
    Fault fault{entry.kind, 0, entry.amount};
    std::string_view when = text.substr(at + 1);
    const std::size_t colon = when.find(':');
    if (colon != std::string_view::npos && !ParseNumber(when.substr(colon + 1), fault.amount)) return std::nullopt;
    when = when.substr(0, colon);
    if (!ParseNumber(when, fault.step) || fault.step < 0 || fault.amount < 0) return std::nullopt;
    return fault;
  }
  return std::nullopt;
}

std::string Describe(const Fault& fault) {
  for (const Entry& entry : kEntries) {
    if (entry.kind == fault.kind) return "step " + std::to_string(fault.step) + ": " + std::string(entry.words);
  }
  return "";
}

}  // namespace lossd::demo
