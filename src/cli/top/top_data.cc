#include "cli/top/top_data.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <exception>
#include <limits>
#include <utility>

namespace lossd::cli {
namespace {

namespace json = boost::json;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Throws where there is no such member.
std::string Text(const json::value& object, const char* name) { return std::string(object.at(name).as_string()); }

std::optional<double> Number(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_string()) return value.to_number<double>();
  const json::string& word = value.as_string();
  return word == "inf" ? HUGE_VAL : word == "-inf" ? -HUGE_VAL : kNan;
}

std::vector<double> Column(const json::value& column) {
  std::vector<double> values;
  if (column.is_null()) return values;
  for (const json::value& value : column.as_array()) values.push_back(Number(value).value_or(kNan));
  return values;
}

TopRow Row(const json::value& job, double now) {
  TopRow row;
  row.job = Text(job, "training_job");
  row.state = Text(job, "state");
  if (const json::value& failure = job.at("failure"); !failure.is_null()) row.failure = Text(failure, "reason");
  row.loss = Text(job, "loss");
  row.regime = Text(job, "regime");
  row.why = Text(job, "why");
  row.advice = Text(job, "advice");
  row.trouble = job.at("trouble").as_bool();
  if (!job.at("step").is_null()) row.step = job.at("step").to_number<std::int64_t>();
  row.last_loss = Number(job.at("last_loss"));
  row.velocity = Number(job.at("velocity"));
  row.acceleration = Number(job.at("acceleration"));
  row.regime_seconds = now - job.at("regime_start_timestamp_seconds").to_number<double>();
  row.silent_seconds = now - job.at("last_sample_timestamp_seconds").to_number<double>();
  row.curve = Column(job.at("sparkline"));
  return row;
}

std::optional<double> Newest(const json::value& column) {
  const std::vector<double> values = Column(column);
  return values.empty() || std::isnan(values.back()) ? std::nullopt : std::optional(values.back());
}

TopRun Run(const json::value& job) {
  const json::value& series = job.at("series").at(0);
  TopRun run;
  run.job = Text(job, "training_job");
  run.state = Text(job, "state");
  if (const json::value& failure = job.at("failure"); !failure.is_null()) {
    run.failure = Text(failure, "reason");
    run.last_line = Text(failure, "last_line");
  }
  for (const json::value& loss : job.at("losses").as_array()) run.losses.emplace_back(loss.as_string());
  run.loss = Text(series, "loss");
  run.regime = Text(series, "regime");
  run.why = Text(series, "why");
  run.advice = Text(series, "advice_reason") == "keep" ? "" : Text(series, "advice");
  run.last_loss = Number(series.at("last_loss"));
  run.best_loss = Number(series.at("best_loss"));
  for (const json::value& window : series.at("windows").as_array()) {
    if (window.at("window") != series.at("default_window")) continue;
    run.velocity = Newest(window.at("velocity"));
    run.acceleration = Newest(window.at("acceleration"));
  }
  const std::vector<double> samples = Column(series.at("sample"));
  run.has_steps = !series.at("step").is_null();
  run.step = run.has_steps ? Column(series.at("step")) : samples;
  run.min = Column(series.at("min"));
  run.max = Column(series.at("max"));
  run.smoothed = Column(series.at("smoothed"));
  for (auto* column : {&run.step, &run.min, &run.max, &run.smoothed}) column->resize(samples.size(), kNan);
  std::size_t point = 0;
  for (const json::value& mark : series.at("regimes").as_array()) {
    const double sample = mark.at("sample").to_number<double>();
    while (point + 1 < samples.size() && samples[point] < sample) ++point;
    run.changes.push_back({point, Text(mark, "regime")});
  }
  return run;
}

}  // namespace

std::optional<TopOverview> ParseOverview(std::string_view text) {
  try {
    const json::value answer = json::parse({text.data(), text.size()});
    TopOverview overview;
    overview.total = answer.at("total").to_number<std::size_t>();
    overview.matched = answer.at("matched").to_number<std::size_t>();
    overview.trouble = answer.at("trouble").to_number<std::size_t>();
    const json::object& states = answer.at("states").as_object();
    if (const json::value* running = states.if_contains("running"))
      overview.running = running->to_number<std::size_t>();
    const double now = answer.at("now").to_number<double>();
    for (const json::value& job : answer.at("jobs").as_array()) overview.rows.push_back(Row(job, now));
    return overview;
  } catch (const std::exception&) {  // whatever answers on that port need not be lossd
    return std::nullopt;
  }
}

std::optional<TopRun> ParseRun(std::string_view text) {
  try {
    return Run(json::parse({text.data(), text.size()}));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace lossd::cli
