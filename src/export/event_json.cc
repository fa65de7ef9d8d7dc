#include "export/event_json.h"

#include <boost/json/object.hpp>
#include <numeric>

#include "export/json_text.h"
#include "export/json_value.h"

namespace lossd::exporter {

namespace json = boost::json;

std::string EventJson(std::string_view training_job, std::string_view loss, const core::Event& event) {
  json::object line{{"event", core::Name(event.kind)},
                    {"training_job", JsonText(training_job)},
                    {"loss", JsonText(loss)},
                    {"sample", event.sample},
                    {"step", JsonInteger(event.step)}};
  if (event.kind == core::Event::Kind::kRegime) {
    line["from"] = core::Name(event.from);
    line["to"] = core::Name(event.to);
    line["velocity"] = JsonNumber(event.velocity);
    line["acceleration"] = JsonNumber(event.acceleration);
  } else {
    line["value"] = JsonNumber(event.value);
  }
  if (event.kind == core::Event::Kind::kSpike) line["onset"] = event.onset;
  return ToJsonText(line);
}

std::string SummaryJson(std::string_view training_job, std::string_view loss, const core::SeriesSnapshot& series,
                        std::size_t window) {
  core::WindowSnapshot dynamics;
  for (const auto& candidate : series.windows) {
    if (candidate.window == window) dynamics = candidate;
  }
  json::object regime_samples;
  for (const core::Regime regime : core::kRegimes) {
    regime_samples[core::Name(regime)] = series.regime_samples[static_cast<std::size_t>(regime)];
  }
  const json::object line{
      {"event", "summary"},
      {"training_job", JsonText(training_job)},
      {"loss", JsonText(loss)},
      {"samples", series.samples},
      {"first_step", JsonInteger(series.first_step)},
      {"last_step", JsonInteger(series.last_step)},
      {"last_loss", JsonNumber(series.loss)},
      {"best_loss", JsonNumber(series.best)},
      {"velocity", JsonNumber(dynamics.velocity)},
      {"acceleration", JsonNumber(dynamics.acceleration)},
      {"role", core::Name(series.role)},
      {"regime", core::Name(series.regime)},
      {"nonfinite", std::accumulate(series.nonfinite.begin(), series.nonfinite.end(), std::uint64_t{0})},
      {"spikes", series.spikes},
      {"restarts", series.restarts},
      {"regime_samples", std::move(regime_samples)}};
  return ToJsonText(line);
}

}  // namespace lossd::exporter
