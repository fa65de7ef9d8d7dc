#include "cli/run_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "text/utf8_text.h"

namespace lossd::cli {
namespace {

constexpr std::size_t kSparklineWidth = 72, kMaxChanges = 12, kMaxPlaces = 8;
constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kHeights = "_.-:=+*#";

std::string Shown(double value) {
  if (std::isnan(value)) return "NaN";
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 4).ptr);
}

std::string Shown(const std::optional<double>& value) { return value ? Shown(*value) : "-"; }

/// 1234567 -> "1,234,567".
std::string Grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string Grouped(std::uint64_t number) { return Grouped(static_cast<std::int64_t>(number)); }

std::string Word(core::Regime regime) {
  std::string word(core::Name(regime));
  std::ranges::replace(word, '_', ' ');
  return word;
}

std::string Place(const core::RunHistory::Mark& mark) {
  return mark.step == core::RunHistory::kNoStep ? "sample " + Grouped(mark.sample) : "step " + Grouped(mark.step);
}

std::string Padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

/// "healthy 62 %, converging 30 %, diverging 8 %": the largest first.
std::string Shares(const core::SeriesSnapshot& series) {
  std::vector<std::pair<std::uint64_t, core::Regime>> shares;
  for (const core::Regime regime : core::kRegimes) {
    const std::uint64_t samples = series.regime_samples[static_cast<std::size_t>(regime)];
    if (samples > 0) shares.emplace_back(samples, regime);
  }
  std::ranges::stable_sort(shares, std::greater(), [](const auto& share) { return share.first; });
  std::string text;
  for (const auto& [samples, regime] : shares) {
    const double percent = 100 * static_cast<double>(samples) / static_cast<double>(series.samples);
    text += (text.empty() ? "" : ", ") + Word(regime) + ' ' +
            (percent < 1 ? "<1" : std::to_string(std::lround(percent))) + " %";
  }
  return text;
}

std::string Changes(const core::RunHistory& history) {
  const auto& marks = history.regimes();
  const std::size_t skipped = marks.size() > kMaxChanges ? marks.size() - kMaxChanges : 0;
  std::string text;
  if (skipped > 0) text += "    ... " + Grouped(skipped) + " changes before\n";
  for (std::size_t i = skipped; i < marks.size(); ++i) {
    text += "    " + Padded(Place(marks[i]), 18) + Word(marks[i].regime) + '\n';
  }
  return text;
}

/// "3 spikes (step 120, step 3,400, step 5,000)": the newest kMaxPlaces of a kind.
std::string Happened(const core::RunHistory& history, core::Event::Kind kind, std::uint64_t count, const char* one,
                     const char* many) {
  if (count == 0) return "";
  std::vector<std::string> places;
  for (const core::RunHistory::Mark& mark : history.events()) {
    if (mark.kind == kind) places.push_back(Place(mark));
  }
  std::string text = "  " + Grouped(count) + ' ' + (count == 1 ? one : many);
  if (places.empty()) return text + '\n';
  const std::size_t first = places.size() > kMaxPlaces ? places.size() - kMaxPlaces : 0;
  text += first > 0 ? " (... " : " (";
  for (std::size_t i = first; i < places.size(); ++i) text += (i == first ? "" : ", ") + places[i];
  return text + ")\n";
}

std::string Advice(const core::SeriesSnapshot& series) {
  const core::LrAdvice advice = series.lr_advice.value_or(core::LrAdvice{});
  std::string text;
  if (advice.reason != core::LrAdviceReason::kKeep) text = core::Sentence(advice.reason);
  if (core::AsksForCheckpoint(advice.reason) && series.trouble_step) {
    text += " The trouble showed at step " + Grouped(*series.trouble_step) + ": restore a checkpoint from well before.";
  }
  return text.empty() ? "nothing." : text;
}

}  // namespace

std::string ForTerminal(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  // Marks that turn the direction of what follows, up to the end of the line: they would turn our own text.
  constexpr std::string_view kTurns[] = {"\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d",
                                         "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"};
  const std::string clean = text::ToUtf8(text);
  std::string shown;
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const std::string_view rest = std::string_view(clean).substr(i);
    if (std::ranges::any_of(kTurns, [&](std::string_view turn) { return rest.starts_with(turn); })) {
      shown += "\\u20";
      const auto low = static_cast<unsigned char>(((static_cast<unsigned char>(rest[1]) & 3) << 6) |
                                                  (static_cast<unsigned char>(rest[2]) & 63));
      (shown += kHex[low / 16]) += kHex[low % 16];
      i += 2;
      continue;
    }
    // C0 and DEL; C1, which UTF-8 writes as C2 80 to C2 9F.
    const bool c1 = byte == 0xc2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xa0;
    if (byte >= 0x20 && byte != 0x7f && !c1) {
      shown += clean[i];
      continue;
    }
    const unsigned char code = c1 ? static_cast<unsigned char>(clean[++i]) : byte;
    ((shown += "\\x") += kHex[code / 16]) += kHex[code % 16];
  }
  return shown;
}

std::string SparklineText(std::span<const core::RunHistory::Point> points, std::size_t width, Charset charset) {
  const std::size_t count = std::min(points.size(), width);
  std::vector<core::RunHistory::Point> stretches;
  std::vector<float> finite;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * points.size() / count, end = (i + 1) * points.size() / count;
    stretches.push_back(points[begin]);
    for (const auto& point : points.subspan(begin, end - begin)) stretches.back().Extend(point);
    if (!std::isnan(stretches.back().last)) finite.push_back(stretches.back().last);
  }
  if (finite.empty()) return std::string(count, '!');
  // One spike must not flatten all the rest: the top is nine tenths' greatest, unless the rest is not far from it.
  std::ranges::sort(finite);
  const float low = finite.front(), most = finite[finite.size() * 9 / 10];
  const float high = finite.back() - low > 6 * (most - low) && most > low ? low + 3 * (most - low) : finite.back();
  std::string line;
  for (const core::RunHistory::Point& stretch : stretches) {
    if (std::isnan(stretch.last)) {
      line += '!';
      continue;
    }
    const float shown = stretch.max > high ? stretch.max : stretch.last;
    const float part = high > low ? std::clamp((shown - low) / (high - low), 0.0F, 1.0F) : 0;
    const auto level = static_cast<std::size_t>(std::lround(part * 7));
    if (charset == Charset::kUtf8) {
      line += kBlocks[level];
    } else {
      line += kHeights[level];
    }
  }
  return line;
}

std::string RunText(std::string_view training_job, std::string_view loss, const core::SeriesTracker& tracker,
                    const core::RunHistory* history, Charset charset) {
  const core::SeriesSnapshot series = tracker.Snapshot();
  std::string text = ForTerminal(training_job) + '/' + ForTerminal(loss) + ": " + Word(series.regime);
  if (history != nullptr && !history->regimes().empty()) text += " since " + Place(history->regimes().back());
  text += '\n';
  if (history != nullptr) text += "  " + SparklineText(history->points(), kSparklineWidth, charset) + '\n';
  text += "  loss " +
          (history != nullptr && !history->points().empty() && !std::isnan(history->points()[0].max)
               ? "from " + Shown(static_cast<double>(history->points()[0].max)) + " to "
               : std::string()) +
          Shown(series.loss) + ", best " + Shown(series.best);
  if (series.best_step) text += " at step " + Grouped(*series.best_step);
  text += "; " + Grouped(series.samples) + (series.samples == 1 ? " sample" : " samples");
  if (series.first_step && series.last_step) {
    const std::int64_t last = tracker.global_step().value_or(*series.last_step);
    text += ", steps " + Grouped(*series.first_step) + " to " + Grouped(last);
    if (last != *series.last_step) text += ", counted through the epochs";
  }
  text += "\n  time: " + Shares(series) + '\n';
  if (history != nullptr) {
    text += Changes(*history);
    using Kind = core::Event::Kind;
    std::uint64_t nonfinite = 0;
    for (const std::uint64_t count : series.nonfinite) nonfinite += count;
    text += Happened(*history, Kind::kNonFinite, nonfinite, "loss that is not finite", "losses that are not finite");
    text += Happened(*history, Kind::kSpike, series.spikes, "spike", "spikes");
    text += Happened(*history, Kind::kRestart, series.restarts, "restart", "restarts");
    if (series.outliers > 0)
      text += "  " + Grouped(series.outliers) + (series.outliers == 1 ? " outlier\n" : " outliers\n");
  }
  if (!series.why.empty()) text += "  why: " + series.why + '\n';
  return text + "  to do: " + Advice(series) + '\n';
}

}  // namespace lossd::cli
