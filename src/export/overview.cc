#include "export/overview.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "core/regime/regime_gravity.h"
#include "export/job_fields.h"
#include "export/json_text.h"
#include "export/json_value.h"

namespace lossd::exporter {
namespace {

namespace json = boost::json;

constexpr std::size_t kSparkline = 40;
constexpr std::array<std::string_view, 10> kOrders = {"trouble",  "name",         "state",  "step",  "loss",
                                                      "velocity", "acceleration", "regime", "since", "age"};
/// What a loss does that is not the whole one is no more than a warning.
std::size_t Urgency(const core::SeriesTracker& tracker) {
  const std::size_t urgency = core::Gravity(tracker.regime());
  return tracker.role() == core::Role::kWhole ? urgency : std::max(urgency, core::kTroubles);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool Contains(std::string_view text, std::string_view word) {
  const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
  return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end() || word.empty();
}

/// Of the job's series that is worst; 0 is the most urgent.
std::size_t WorstUrgency(const core::Job& job) {
  std::size_t worst = core::kGravity.size();
  for (const auto& [loss, tracker] : job.series) worst = std::min(worst, Urgency(tracker));
  return worst;
}

/// What has failed comes before what is in trouble, what has ended behind all that may still go on.
double JobUrgency(const core::Job& job) {
  if (job.state == core::JobState::kFailed) return -1;
  return static_cast<double>(WorstUrgency(job) + (job.finished() ? 100 : 0));
}

double StateRank(core::JobState state) {
  constexpr std::array kRanks = {core::JobState::kFailed, core::JobState::kSilent, core::JobState::kRunning,
                                 core::JobState::kEnded};
  return static_cast<double>(std::ranges::find(kRanks, state) - kRanks.begin());
}

bool Matches(const core::Job& job, std::string_view word) {
  if (Contains(job.name, word) || Contains(core::Name(job.state), word)) return true;
  if (job.state == core::JobState::kFailed && job.failure && Contains(core::Name(job.failure->reason), word))
    return true;
  for (const auto& [loss, tracker] : job.series) {
    if (Contains(core::Name(tracker.regime()), word)) return true;
  }
  return std::ranges::any_of(job.labels,
                             [&](const auto& label) { return Contains(label.first + '=' + label.second, word); });
}

bool Matches(const core::Job& job, const OverviewQuery& query) {
  if (!query.states.empty() && std::ranges::find(query.states, core::Name(job.state)) == query.states.end())
    return false;
  if (!query.regimes.empty()) {
    const auto wanted = [&](const auto& series) {
      return std::ranges::find(query.regimes, core::Name(series.second.regime())) != query.regimes.end();
    };
    if (std::ranges::none_of(job.series, wanted)) return false;
  }
  std::string_view rest = query.text;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (!word.empty() && !Matches(job, word)) return false;
  }
  return true;
}

/// What a job is sorted by; equal keys are sorted by name. What is not there or no number comes last.
using Key = std::pair<double, std::string_view>;
constexpr double kLast = std::numeric_limits<double>::infinity();

double Number(const std::optional<double>& value, bool descending) {
  const double number = value.value_or(kLast);
  return std::isfinite(number) ? (descending ? -number : number) : kLast;
}

Key KeyOf(const core::Job& job, OverviewOrder order, bool descending) {
  const core::SeriesTracker& main = MainSeries(job).second;
  const auto number = [&](std::optional<double> value) { return Key(Number(value, descending), job.name); };
  switch (order) {
    case OverviewOrder::kTrouble:
      return number(JobUrgency(job));
    case OverviewOrder::kName:
      return {0, job.name};
    case OverviewOrder::kState:
      return number(StateRank(job.state));
    case OverviewOrder::kStep:
      return number(job.step ? std::optional(static_cast<double>(*job.step)) : std::nullopt);
    case OverviewOrder::kLoss:
      return number(main.last());
    case OverviewOrder::kVelocity:
      return number(main.Look(main.default_window()).velocity);
    case OverviewOrder::kAcceleration:
      return number(main.Look(main.default_window()).acceleration);
    case OverviewOrder::kRegime:
      return number(static_cast<double>(Urgency(main)));
    case OverviewOrder::kSince:
      return number(core::UnixSeconds(main.regime_start()));
    case OverviewOrder::kAge:
      return number(-core::UnixSeconds(job.last_sample.wall));
  }
  return {0, job.name};
}

json::array Sparkline(const core::Job& job, const std::string& loss, const core::SeriesTracker& tracker) {
  json::array values;
  const auto found = job.histories.find(loss);
  if (found == job.histories.end()) {
    for (const double value : tracker.History()) values.push_back(JsonNumber(ShortNumber(value)));
    return values;
  }
  const auto points = found->second->points();
  const std::size_t count = std::min(points.size(), kSparkline);
  std::vector<core::RunHistory::Point> stretches;
  std::vector<float> spreads;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = i * points.size() / count, end = (i + 1) * points.size() / count;
    core::RunHistory::Point stretch = points[begin];
    for (const core::RunHistory::Point& point : points.subspan(begin, end - begin)) stretch.Extend(point);
    stretches.push_back(stretch);
    if (!std::isnan(stretch.last)) spreads.push_back(stretch.max - stretch.min);
  }
  // The last loss of each stretch, which looks like the run; an extreme in its place where it stands out.
  std::ranges::nth_element(spreads, spreads.begin() + static_cast<std::ptrdiff_t>(spreads.size() / 2));
  const float usual = spreads.empty() ? 0 : spreads[spreads.size() / 2];
  for (const core::RunHistory::Point& stretch : stretches) {
    float shown = stretch.last;
    for (const float extreme : {stretch.min, stretch.max}) {
      if (std::fabs(extreme - stretch.last) > 3 * usual) shown = extreme;
    }
    values.push_back(std::isnan(shown) ? json::value() : json::value(ShortNumber(static_cast<double>(shown))));
  }
  return values;
}

json::object Row(const core::Job& job) {
  const auto& [loss, tracker] = MainSeries(job);
  const core::SeriesSnapshot series = tracker.Snapshot();
  json::array others;
  for (const auto& [name, other] : job.series) {
    if (name != loss)
      others.push_back(json::object{{"loss", JsonText(name)},
                                    {"regime", core::Name(other.regime())},
                                    {"trouble", Urgency(other) < core::kTroubles}});
  }
  const core::WindowSnapshot window = tracker.Look(tracker.default_window());
  const auto shortened = [](std::optional<double> value) {
    return value ? JsonNumber(ShortNumber(*value)) : json::value();
  };
  const bool advised = series.lr_advice && series.lr_advice->reason != core::LrAdviceReason::kKeep;
  return {{"training_job", JsonText(job.name)},
          {"labels", LabelsObject(job.labels)},
          {"state", core::Name(job.state)},
          {"failure", FailureSummary(job)},
          {"trouble", IsTrouble(job)},
          {"step", JsonInteger(job.step)},
          {"loss", JsonText(loss)},
          {"role", core::Name(tracker.role())},
          {"last_loss", shortened(series.loss)},
          {"best_loss", shortened(series.best)},
          {"velocity", shortened(window.velocity)},
          {"acceleration", shortened(window.acceleration)},
          {"regime", core::Name(series.regime)},
          {"regime_start_timestamp_seconds", core::UnixSeconds(series.regime_start)},
          {"last_sample_timestamp_seconds", core::UnixSeconds(job.last_sample.wall)},
          {"samples", series.samples},
          {"why", JsonText(series.why)},
          {"advice", advised ? core::Sentence(series.lr_advice->reason) : std::string_view()},
          {"others", std::move(others)},
          {"sparkline", Sparkline(job, loss, tracker)}};
}

json::object Counts(const std::map<std::string_view, std::size_t>& counts) {
  json::object object;
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

}  // namespace

std::optional<OverviewOrder> ParseOverviewOrder(std::string_view name) {
  const auto found = std::ranges::find(kOrders, name);
  if (found == kOrders.end()) return std::nullopt;
  return static_cast<OverviewOrder>(found - kOrders.begin());
}

std::string_view Name(OverviewOrder order) { return kOrders[static_cast<std::size_t>(order)]; }

OverviewOrder Next(OverviewOrder order) {
  return static_cast<OverviewOrder>((static_cast<std::size_t>(order) + 1) % kOrders.size());
}

bool IsTrouble(const core::Job& job) {
  if (job.finished()) return job.state == core::JobState::kFailed;
  return WorstUrgency(job) < core::kTroubles;
}

const std::pair<const std::string, core::SeriesTracker>& MainSeries(const core::Job& job) {
  const auto train = job.series.find(core::kTrainSeries);
  return train == job.series.end() ? *job.series.begin() : *train;
}

std::string OverviewJson(const core::JobTable& jobs, const OverviewQuery& query, core::Timestamp now) {
  std::vector<std::pair<Key, const core::Job*>> found;
  std::map<std::string_view, std::size_t> states, regimes;
  std::size_t trouble = 0, total = 0;
  for (const auto& [name, job] : jobs.jobs()) {
    if (job.series.empty()) continue;
    ++total;
    ++states[core::Name(job.state)];
    ++regimes[core::Name(MainSeries(job).second.regime())];
    trouble += IsTrouble(job) ? 1 : 0;
    if (Matches(job, query)) found.emplace_back(KeyOf(job, query.order, query.descending), &job);
  }
  const bool by_name = query.order == OverviewOrder::kName;
  if (by_name && query.descending) {
    std::ranges::reverse(found);
  } else if (!by_name) {  // the table's order is that of the names
    std::ranges::sort(found);
  }
  json::array rows;
  for (std::size_t i = query.offset; i < found.size() && rows.size() < query.limit; ++i) {
    rows.push_back(Row(*found[i].second));
  }
  return ToJsonText(json::object{{"now", core::UnixSeconds(now)},
                                 {"total", total},
                                 {"matched", found.size()},
                                 {"offset", query.offset},
                                 {"trouble", trouble},
                                 {"states", Counts(states)},
                                 {"regimes", Counts(regimes)},
                                 {"jobs", std::move(rows)}});
}

}  // namespace lossd::exporter
