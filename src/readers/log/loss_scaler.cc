#include "readers/log/loss_scaler.h"

#include <re2/re2.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace lossd::readers {
namespace {

constexpr std::size_t kLongestLine = 4096;

bool MayTell(std::string_view line) {
  if (line.size() > kLongestLine) return false;
  return line.find("scale") != std::string_view::npos || line.find("kipp") != std::string_view::npos;
}

std::optional<std::uint64_t> Count(re2::StringPiece line, const RE2& pattern) {
  std::string digits;
  if (!RE2::PartialMatch(line, pattern, &digits) || digits.size() > 15) return std::nullopt;
  return std::strtoull(digits.c_str(), nullptr, 10);
}

}  // namespace

void LossScaler::Read(std::string_view line) {
  // "Attempted loss scale: 65536, reducing to 32768", "loss scaler 0 reducing loss scale to 32768.0"
  static const RE2 kReduced(
      R"re((?i)\b(?:reducing|setting)\b[^0-9]{0,30}\bto:?\s*([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?))re");
  static const RE2 kScale(
      R"re((?i)\b(?:loss|grad|amp|fp16)[ _-]?scale["']?\s*[:=|]\s*["']?([0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?))re");
  static const RE2 kOverflow(
      R"re((?i)\boverflow\b.*\b(?:skipping step|skip(?:ping)? (?:the )?update|ignoring gradient)|\bskipping step\b.*\bloss scale)re");
  static const RE2 kOfInterval(R"re((?i)\b(?:number of )?skipped iterations\s*:\s*(\d+))re");
  static const RE2 kTotal(
      R"re((?i)\b(?:skipped(?:[ _](?:steps|iters))?|num_skipped(?:_steps)?)["']?\s*[:=]\s*(\d+))re");
  if (!MayTell(line)) return;
  const re2::StringPiece text(line.data(), line.size());
  const bool overflow = RE2::PartialMatch(text, kOverflow);
  std::string number;
  if ((overflow && RE2::PartialMatch(text, kReduced, &number)) || RE2::PartialMatch(text, kScale, &number)) {
    news_.scale = std::strtod(number.c_str(), nullptr);
  }
  if (overflow) {
    ++news_.skipped;
    news_.counts = true;
  } else if (const auto count = Count(text, kOfInterval)) {
    news_.skipped += *count;
    news_.counts = true;
  } else if (const auto total = Count(text, kTotal)) {
    if (total_ && *total > *total_) news_.skipped += *total - *total_;
    total_ = *total;
    news_.counts = true;
  }
}

LossScaler::News LossScaler::Take() { return std::exchange(news_, News()); }

}  // namespace lossd::readers
