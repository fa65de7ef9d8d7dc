// Which form of the metrics page an Accept header asks for.
#include <algorithm>
#include <charconv>
#include <optional>

#include "export/metrics_page.h"

namespace lossd::exporter {
namespace {

constexpr std::string_view kBlank = " \t";

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// The text before `separator`, trimmed; what follows it stays in `rest`.
std::string_view Cut(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  const auto head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return Trim(head);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower;
}

struct MediaRange {
  std::string type;
  std::string version;
  double quality = 1;
};

/// One element of an Accept header; nothing where its quality is malformed.
std::optional<MediaRange> ParseRange(std::string_view element) {
  MediaRange range;
  range.type = Lower(Cut(element, ';'));
  while (!element.empty()) {
    std::string_view value = Cut(element, ';');
    const std::string name = Lower(Cut(value, '='));
    value = Trim(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (name == "version") range.version = value;
    if (name != "q") continue;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, range.quality, std::chars_format::fixed);
    if (error != std::errc() || stop != end || !(range.quality >= 0 && range.quality <= 1)) return std::nullopt;
  }
  return range;
}

}  // namespace

TextFormat NegotiateFormat(std::string_view accept) {
  double openmetrics = 0;
  std::optional<double> text, any_text, any;
  while (!accept.empty()) {
    const auto range = ParseRange(Cut(accept, ','));
    if (!range) continue;
    const double quality = range->quality;
    if (range->type == "application/openmetrics-text" && (range->version.empty() || range->version == "1.0.0")) {
      openmetrics = std::max(openmetrics, quality);
    } else if (range->type == "text/plain" && (range->version.empty() || range->version == "0.0.4")) {
      text = std::max(text.value_or(0), quality);
    } else if (range->type == "text/*") {
      any_text = quality;
    } else if (range->type == "*/*") {
      any = quality;
    }
  }
  // Nobody names OpenMetrics by accident: it wins where both are wanted alike.
  const double plain = text.value_or(any_text.value_or(any.value_or(0)));
  return openmetrics > 0 && openmetrics >= plain ? TextFormat::kOpenMetrics : TextFormat::kPrometheus;
}

std::string_view ContentType(TextFormat format) {
  return format == TextFormat::kOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                            : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace lossd::exporter
