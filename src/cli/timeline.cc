#include "cli/timeline.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace lossd::cli {
namespace {

std::string Shown(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 6).ptr);
}

std::string Shown(const std::optional<double>& value) { return value ? Shown(*value) : "-"; }

std::string Place(const std::optional<std::int64_t>& step, std::uint64_t sample) {
  std::string place = step ? "step " + std::to_string(*step) : "sample " + std::to_string(sample);
  place.resize(std::max<std::size_t>(place.size(), 14), ' ');
  return place;
}

std::string SeriesName(std::string_view training_job, std::string_view loss) {
  return std::string(training_job) + '/' + std::string(loss);
}

}  // namespace

std::string EventText(std::string_view training_job, std::string_view loss, const core::Event& event) {
  std::string text = Place(event.step, event.sample) + "  " + SeriesName(training_job, loss) + "  ";
  if (event.kind == core::Event::Kind::kRegime) {
    text += std::string(Name(event.from)) + " -> " + std::string(Name(event.to)) + "  velocity " +
            Shown(event.velocity) + ", acceleration " + Shown(event.acceleration);
  } else {
    text += std::string(Name(event.kind)) + "  loss " + Shown(event.value);
    if (event.kind == core::Event::Kind::kSpike) text += ", since sample " + std::to_string(event.onset);
  }
  return event.why.empty() ? text : text + "  (" + event.why + ')';
}

std::string SummaryText(std::string_view training_job, std::string_view loss, const core::SeriesSnapshot& series,
                        std::size_t window) {
  std::string text = SeriesName(training_job, loss) + ": " + std::to_string(series.samples) + " samples";
  if (series.first_step && series.last_step) {
    text += ", steps " + std::to_string(*series.first_step) + " to " + std::to_string(*series.last_step);
  }
  text += ", loss " + Shown(series.loss) + " (best " + Shown(series.best) + "), " + std::string(Name(series.regime));
  for (const core::WindowSnapshot& slice : series.windows) {
    if (slice.window != window) continue;
    text += ", velocity " + Shown(slice.velocity) + ", acceleration " + Shown(slice.acceleration);
  }
  std::uint64_t nonfinite = 0;
  for (const std::uint64_t count : series.nonfinite) nonfinite += count;
  const auto add = [&text](std::uint64_t count, const char* what) {
    if (count > 0) text += ", " + std::to_string(count) + ' ' + what;
  };
  add(nonfinite, "non-finite");
  add(series.outliers, "outliers");
  add(series.spikes, "spikes");
  add(series.restarts, "restarts");
  return text;
}

}  // namespace lossd::cli
