#include "export/job_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>

#include "export/job_fields.h"
#include "export/json_text.h"
#include "export/json_value.h"

namespace lossd::exporter {
namespace {

namespace json = boost::json;

std::string_view Name(core::RunStage stage) {
  return stage == core::RunStage::kMiddle ? "middle" : stage == core::RunStage::kComplete ? "complete" : "unknown";
}

json::object JobHead(const core::Job& job) {
  json::object head{{"training_job", JsonText(job.name)}, {"labels", LabelsObject(job.labels)}};
  AddReadings(head, job);
  head["finished"] = job.finished();
  head["state"] = core::Name(job.state);
  head["stage"] = Name(job.stage);
  head["failure"] = FailureObject(job);
  return head;
}

template <typename Keys, typename Counts>
json::object CountsByName(const Keys& keys, const Counts& counts) {
  json::object object;
  for (const auto key : keys) object[core::Name(key)] = counts[static_cast<std::size_t>(key)];
  return object;
}

json::object WindowObject(const core::WindowSnapshot& window) {
  return {{"window", window.window},
          {"velocity", JsonNumber(window.velocity)},
          {"acceleration", JsonNumber(window.acceleration)},
          {"velocity_per_step", JsonNumber(window.velocity_per_step)},
          {"acceleration_per_step", JsonNumber(window.acceleration_per_step)},
          {"velocity_tstat", JsonNumber(window.tstat)},
          {"acceleration_tstat", JsonNumber(window.acceleration_tstat)}};
}

/// The figures that the regime rests on; what does not apply to it is null.
json::object EvidenceObject(const core::RegimeEvidence& evidence) {
  json::array scales;
  for (const auto& scale : evidence.scales) {
    if (scale.window == 0) continue;
    scales.push_back(json::object{{"window", scale.window},
                                  {"usable", scale.usable},
                                  {"rise_deviations", JsonNumber(scale.rise_deviations)},
                                  {"z", JsonNumber(scale.z)},
                                  {"curvature_tstat", JsonNumber(scale.curvature_t)}});
  }
  json::value excursion, rise, oscillation, overfit, equal, half;
  if (evidence.half.values > 0) {
    half = json::object{{"samples", evidence.half.values},
                        {"rise", JsonNumber(evidence.half.rise)},
                        {"error", JsonNumber(evidence.half.error)},
                        {"rise_share", JsonNumber(evidence.half.share)},
                        {"rank_z", JsonNumber(evidence.half.rank_z)},
                        {"bend_tstat", JsonNumber(evidence.half.bend_t)}};
  }
  if (evidence.excursion_open) {
    excursion = json::object{{"samples", evidence.excursion_samples},
                             {"deviations", JsonNumber(evidence.excursion_deviations)}};
  }
  if (evidence.regime == core::Regime::kDiverging) {
    rise = json::object{{"samples", evidence.risen_samples},
                        {"from", JsonNumber(evidence.risen_from)},
                        {"deviations", JsonNumber(evidence.risen_deviations)}};
  }
  if (evidence.regime == core::Regime::kOscillating) {
    oscillation = json::object{{"period_samples", JsonNumber(evidence.period_samples)},
                               {"amplitude_deviations", JsonNumber(evidence.amplitude_deviations)}};
  }
  if (evidence.evaluations_since_best) {
    overfit = json::object{{"evaluations_since_best", *evidence.evaluations_since_best},
                           {"above_best", JsonNumber(evidence.risen_from_best)}};
  }
  if (evidence.regime == core::Regime::kConstant) equal = evidence.equal_samples;
  return {{"regime_age_samples", evidence.regime_samples},
          {"finite_samples", evidence.finite_samples},
          {"half", std::move(half)},
          {"scales", std::move(scales)},
          {"excursion", std::move(excursion)},
          {"rise", std::move(rise)},
          {"oscillation", std::move(oscillation)},
          {"evaluation", std::move(overfit)},
          {"equal_samples", std::move(equal)},
          {"gradients_grow", evidence.gradients_grow}};
}

json::object SeriesObject(const std::string& name, const core::SeriesTracker& tracker) {
  const core::SeriesSnapshot series = tracker.Snapshot();
  json::array windows, history;
  for (const auto& window : series.windows) windows.push_back(WindowObject(window));
  for (const double loss : tracker.History()) history.push_back(JsonNumber(loss));
  return {{"loss", JsonText(name)},
          {"last_loss", JsonNumber(series.loss)},
          {"smoothed_loss", JsonNumber(series.smoothed)},
          {"best_loss", JsonNumber(series.best)},
          {"best_step", JsonInteger(series.best_step)},
          {"role", core::Name(series.role)},
          {"gap", JsonNumber(series.gap)},
          {"evaluations_since_best", JsonInteger(series.evaluations_since_best)},
          {"windows", std::move(windows)},
          {"velocity_ema", JsonNumber(series.velocity_ema)},
          {"noise", JsonNumber(series.noise)},
          {"regime", core::Name(series.regime)},
          {"regime_start_timestamp_seconds", core::UnixSeconds(series.regime_start)},
          {"why", JsonText(series.why)},
          {"evidence", EvidenceObject(tracker.Evidence())},
          {"transitions", CountsByName(core::kRegimes, series.transitions)},
          {"regime_samples", CountsByName(core::kRegimes, series.regime_samples)},
          {"samples", series.samples},
          {"outliers", series.outliers},
          {"spikes", series.spikes},
          {"restarts", series.restarts},
          {"nonfinite", CountsByName(core::kNonFiniteKinds, series.nonfinite)},
          {"nonfinite_step", JsonInteger(series.nonfinite_step)},
          {"first_step", JsonInteger(series.first_step)},
          {"last_step", JsonInteger(series.last_step)},
          {"step_interval_seconds", JsonNumber(series.step_interval_seconds)},
          {"last_sample_timestamp_seconds", core::UnixSeconds(series.last_sample)},
          {"history", std::move(history)}};
}

}  // namespace

std::string JobListJson(const core::JobTable& jobs) {
  json::array list;
  for (const auto& [name, job] : jobs.jobs()) {
    json::object regimes;
    for (const auto& [loss, tracker] : job.series) regimes[JsonText(loss)] = core::Name(tracker.regime());
    json::object head = JobHead(job);
    head["regimes"] = std::move(regimes);
    list.push_back(std::move(head));
  }
  return ToJsonText(json::object{{"jobs", std::move(list)}});
}

std::string JobJson(const core::Job& job) {
  json::array series;
  for (const auto& [name, tracker] : job.series) series.push_back(SeriesObject(name, tracker));
  json::object object = JobHead(job);
  object["series"] = std::move(series);
  return ToJsonText(object);
}

std::string AdviceJson(const core::Job& job, const std::string& loss) {
  const core::SeriesTracker& tracker = job.series.find(loss)->second;
  const core::SeriesSnapshot series = tracker.Snapshot();
  const core::LrAdvice advice = series.lr_advice.value_or(core::LrAdvice{});
  std::optional<std::int64_t> best;
  if (advice.reason == core::LrAdviceReason::kOverfitting) best = series.best_step;
  return ToJsonText(json::object{{"training_job", JsonText(job.name)},
                                 {"loss", JsonText(loss)},
                                 {"regime", core::Name(tracker.regime())},
                                 {"step", JsonInteger(series.last_step)},
                                 {"ratio", advice.ratio},
                                 {"reason", core::Name(advice.reason)},
                                 {"advice", core::Sentence(advice.reason)},
                                 {"checkpoint_step", JsonInteger(best)},
                                 {"restore", core::AsksForCheckpoint(advice.reason)},
                                 {"checkpoint_before_step", JsonInteger(CheckpointBefore(series, advice))}});
}

}  // namespace lossd::exporter
