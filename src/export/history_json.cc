#include "export/history_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cmath>
#include <utility>

#include "export/job_fields.h"
#include "export/json_text.h"
#include "export/json_value.h"

namespace lossd::exporter {
namespace {

namespace json = boost::json;
using core::RunHistory;

/// To the millisecond: all that a chart shows.
double Milliseconds(core::Timestamp time) { return std::round(core::UnixSeconds(time) * 1000) / 1000; }

json::value Value(float value) {
  return std::isnan(value) ? json::value() : JsonNumber(ShortNumber(static_cast<double>(value)));
}

json::value Step(std::int64_t step) { return step == RunHistory::kNoStep ? json::value() : json::value(step); }

/// null in place of a column without any value.
json::value Column(json::array values) {
  const bool any = std::ranges::any_of(values, [](const json::value& value) { return !value.is_null(); });
  return any ? json::value(std::move(values)) : json::value();
}

template <typename Get>
json::value ColumnOf(std::span<const RunHistory::Point> points, Get get) {
  json::array values;
  values.reserve(points.size());
  for (const RunHistory::Point& point : points) values.push_back(get(point));
  return Column(std::move(values));
}

void AddMarks(json::object& series, const RunHistory& history) {
  json::array regimes, events;
  for (const RunHistory::Mark& mark : history.regimes()) {
    regimes.push_back(json::object{{"sample", mark.sample},
                                   {"step", Step(mark.step)},
                                   {"time", Milliseconds(mark.time)},
                                   {"regime", core::Name(mark.regime)}});
  }
  for (const RunHistory::Mark& mark : history.events()) {
    events.push_back(json::object{{"kind", core::Name(mark.kind)},
                                  {"sample", mark.sample},
                                  {"step", Step(mark.step)},
                                  {"time", Milliseconds(mark.time)},
                                  {"value", JsonNumber(mark.value)}});
  }
  series["regimes"] = std::move(regimes);
  series["events"] = std::move(events);
}

void AddPoints(json::object& series, const core::SeriesTracker& tracker, const RunHistory& history,
               const HistoryQuery& query) {
  std::size_t first = 0;
  const std::size_t size = history.points().size();
  if (query.since && query.stride == history.stride()) {
    while (first < size && history.LastSample(first) < *query.since) ++first;
  }
  const auto points = history.points().subspan(first);
  json::array samples, windows;
  samples.reserve(points.size());
  for (std::size_t i = first; i < size; ++i) samples.push_back(history.LastSample(i));
  for (std::size_t w = 0; w < history.windows(); ++w) {
    json::array velocity, acceleration;
    for (std::size_t i = first; i < size; ++i) {
      velocity.push_back(Value(history.dynamics(i, w).velocity));
      acceleration.push_back(Value(history.dynamics(i, w).acceleration));
    }
    windows.push_back(json::object{{"window", tracker.windows()[w].window()},
                                   {"velocity", Column(std::move(velocity))},
                                   {"acceleration", Column(std::move(acceleration))}});
  }
  series["stride"] = history.stride();
  series["first_point"] = first;
  series["sample"] = std::move(samples);
  series["step"] = ColumnOf(points, [](const auto& point) { return Step(point.step); });
  series["time"] = ColumnOf(points, [](const auto& point) { return json::value(Milliseconds(point.time)); });
  series["min"] = ColumnOf(points, [](const auto& point) { return Value(point.min); });
  series["max"] = ColumnOf(points, [](const auto& point) { return Value(point.max); });
  series["last"] = ColumnOf(points, [](const auto& point) { return Value(point.last); });
  series["smoothed"] = ColumnOf(points, [](const auto& point) { return Value(point.smoothed); });
  series["learning_rate"] = ColumnOf(points, [](const auto& point) { return Value(point.learning_rate); });
  series["gradient_norm"] = ColumnOf(points, [](const auto& point) { return Value(point.gradient_norm); });
  series["windows"] = std::move(windows);
  AddMarks(series, history);
}

/// The last window in place of a history.
void AddWindow(json::object& series, const core::SeriesTracker& tracker) {
  const std::vector<double> losses = tracker.History();
  json::array samples, values;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    samples.push_back(tracker.samples() - losses.size() + i);
    values.push_back(JsonNumber(losses[i]));
  }
  series["stride"] = 1;
  series["first_point"] = 0;
  series["sample"] = std::move(samples);
  for (const char* name : {"min", "max", "last"}) series[name] = values;
  for (const char* name : {"step", "time", "smoothed", "learning_rate", "gradient_norm"}) series[name] = nullptr;
  for (const char* name : {"windows", "regimes", "events"}) series[name] = json::array();
}

json::object SeriesRun(const core::Job& job, const std::string& loss, const core::SeriesTracker& tracker,
                       const HistoryQuery& query) {
  const core::SeriesSnapshot snapshot = tracker.Snapshot();
  const core::LrAdvice advice = snapshot.lr_advice.value_or(core::LrAdvice{});
  std::uint64_t nonfinite = 0;
  for (const std::uint64_t count : snapshot.nonfinite) nonfinite += count;
  json::object regime_samples;
  for (const core::Regime regime : core::kRegimes) {
    regime_samples[core::Name(regime)] = snapshot.regime_samples[static_cast<std::size_t>(regime)];
  }
  json::object series{{"loss", JsonText(loss)},
                      {"regime", core::Name(snapshot.regime)},
                      {"regime_start_timestamp_seconds", core::UnixSeconds(snapshot.regime_start)},
                      {"why", JsonText(snapshot.why)},
                      {"advice", snapshot.lr_advice ? core::Sentence(advice.reason) : std::string_view()},
                      {"advice_reason", core::Name(advice.reason)},
                      {"advice_ratio", advice.ratio},
                      {"checkpoint_before_step", JsonInteger(CheckpointBefore(snapshot, advice))},
                      {"best_step", JsonInteger(snapshot.best_step)},
                      {"role", core::Name(snapshot.role)},
                      {"higher_is_better", tracker.direction() == core::Direction::kHigherIsBetter},
                      {"last_loss", JsonNumber(snapshot.loss)},
                      {"smoothed_loss", JsonNumber(snapshot.smoothed)},
                      {"best_loss", JsonNumber(snapshot.best)},
                      {"noise", JsonNumber(snapshot.noise)},
                      {"samples", snapshot.samples},
                      {"first_step", JsonInteger(snapshot.first_step)},
                      {"last_step", JsonInteger(tracker.global_step() ? tracker.global_step() : snapshot.last_step)},
                      {"outliers", snapshot.outliers},
                      {"spikes", snapshot.spikes},
                      {"restarts", snapshot.restarts},
                      {"nonfinite", nonfinite},
                      {"regime_samples", std::move(regime_samples)},
                      {"default_window", tracker.default_window().window()},
                      {"step_interval_seconds", JsonNumber(snapshot.step_interval_seconds)}};
  const auto history = job.histories.find(loss);
  if (history == job.histories.end()) {
    AddWindow(series, tracker);
  } else {
    AddPoints(series, tracker, *history->second, query);
  }
  return series;
}

}  // namespace

std::string HistoryJson(const core::Job& job, const HistoryQuery& query, core::Timestamp now) {
  json::array losses, series;
  for (const auto& [name, tracker] : job.series) {
    losses.push_back(JsonText(name));
    const bool wanted = query.losses.empty() ? name == core::kEvalSeries || name == MainSeries(job).first
                                             : std::ranges::find(query.losses, name) != query.losses.end();
    if (wanted) series.push_back(SeriesRun(job, name, tracker, query));
  }
  json::object answer{{"now", core::UnixSeconds(now)},
                      {"training_job", JsonText(job.name)},
                      {"labels", LabelsObject(job.labels)},
                      {"state", core::Name(job.state)},
                      {"state_since_timestamp_seconds",
                       job.state == core::JobState::kRunning ? json::value() : core::UnixSeconds(job.state_since.wall)},
                      {"failure", FailureObject(job)},
                      {"trouble", IsTrouble(job)}};
  AddReadings(answer, job);
  answer["losses"] = std::move(losses);
  answer["main_loss"] = JsonText(MainSeries(job).first);
  answer["series"] = std::move(series);
  return ToJsonText(answer);
}

}  // namespace lossd::exporter
