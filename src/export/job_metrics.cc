#include "export/job_metrics.h"

#include <algorithm>

#include "export/exposition.h"
#include "text/utf8_text.h"

namespace lossd::exporter {
namespace {

/// The labels of all series of one loss but for the last, `extra`, which differs from line to line:
/// `,regime="healthy"`.
template <typename Key, std::size_t n>
std::array<std::string, n> ExtraLabels(std::string_view label, const std::array<Key, n>& keys) {
  std::array<std::string, n> labels;
  for (const Key key : keys) {
    auto& text = labels[static_cast<std::size_t>(key)];
    AppendLabel(text, label, core::Name(key));
    text.insert(0, 1, ',');
  }
  return labels;
}

}  // namespace

JobMetrics::JobMetrics()
    : regimes_(ExtraLabels("regime", core::kRegimes)),
      roles_(ExtraLabels("role", core::kRoles)),
      states_(ExtraLabels("state", core::kJobStates)),
      failures_(ExtraLabels("reason", core::kFailures)),
      kinds_(ExtraLabels("kind", core::kNonFiniteKinds)),
      reasons_(ExtraLabels("reason", core::kLrAdviceReasons)) {}

void JobMetrics::Want(std::size_t metric) {
  const metrics::MetricInfo& info = metrics::kCatalog[metric];
  metric_ = metric;
  of_series_ = info.labels.find("loss") != std::string_view::npos;
  of_windows_ = info.labels.find("window") != std::string_view::npos;
  prefix_.assign(info.name) += '{';
}

void JobMetrics::Take(std::string& to) {
  if (to.empty()) {
    to.swap(lines_);
  } else {
    to += lines_;
  }
  lines_.clear();
}

// Written in place: a line is made of six pieces, and appending each would cost more than making it.
template <typename Number>
void JobMetrics::Line(metrics::Metric metric, Number value, std::string_view extra) {
  if (!Wants(metric)) return;
  constexpr std::string_view kBehindLabels = "} ";
  const std::size_t begin = lines_.size();
  lines_.resize(begin + prefix_.size() + labels_.size() + extra.size() + kBehindLabels.size() + kNumberBytes + 1);
  char* at = lines_.data() + begin;
  for (const std::string_view piece : {std::string_view(prefix_), std::string_view(labels_), extra, kBehindLabels})
    at = std::copy(piece.begin(), piece.end(), at);
  at = WriteNumber(at, value);
  *at++ = '\n';
  lines_.resize(static_cast<std::size_t>(at - lines_.data()));
}
template <typename Number>
void JobMetrics::Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view extra) {
  if (value) Line(metric, *value, extra);
}

void JobMetrics::Begin(const core::Job& job) {
  labels_.clear();
  AppendLabel(labels_, "training_job", job.name);
  job_only_ = labels_.size();
  foreign_.clear();
  AppendForeignLabels(foreign_, job.labels);
}

void JobMetrics::AddJob(const core::Job& job) {
  if (of_series_) return;
  labels_.resize(job_only_);
  AppendForeign();
  AddJobMetrics(job);
}

void JobMetrics::AddKnownJob(const Labels& labels, const core::Job& job) {
  labels_.assign(labels.text.substr(0, labels.job_end)).append(labels.text.substr(labels.loss_end));
  AddJobMetrics(job);
}

void JobMetrics::AddJobMetrics(const core::Job& job) {
  Line("training_step", job.step);
  Line("training_epoch", job.epoch);
  Line("training_learning_rate", job.learning_rate);
  Line("training_gradient_norm", job.gradient_norm);
  Line("training_loss_scale", job.loss_scale);
  Line("training_skipped_steps_total", job.skipped_steps);
  AddState(job);
}

void JobMetrics::AddLoss(std::string_view loss, const core::SeriesTracker& tracker) {
  labels_.resize(job_only_);
  AppendLabel(labels_, "loss", loss);
  loss_end_ = labels_.size();
  AppendForeign();
  AddSeries(tracker);
}

void JobMetrics::AddState(const core::Job& job) {
  for (const core::JobState state : core::kJobStates) {
    Line("training_job_state", std::uint64_t{job.state == state ? 1U : 0U}, states_[static_cast<std::size_t>(state)]);
  }
  for (const core::Failure failure : core::kFailures) {
    const auto i = static_cast<std::size_t>(failure);
    if (job.failures[i] > 0) Line("training_failures_total", job.failures[i], failures_[i]);
  }
  if (job.state != core::JobState::kFailed || !job.failure) return;
  std::string extra = failures_[static_cast<std::size_t>(job.failure->reason)];
  AppendLabel(extra, "last_line", text::ToUtf8(job.failure->last_line));
  Line("training_failure_info", std::uint64_t{1}, extra);
}

void JobMetrics::AddSeries(const core::SeriesTracker& series) {
  if (of_windows_) return AddWindows(series);
  Line("loss_velocity_ema", series.velocity_ema());
  if (Wants("loss_noise")) Line("loss_noise", series.noise());
  if (Wants("loss_excursion_deviations")) Line("loss_excursion_deviations", series.ExcursionDeviations());
  Line("training_loss", series.last());
  Line("training_loss_smoothed", series.smoothed());
  Line("training_loss_best", series.best());
  Line("training_loss_gap", series.gap());
  if (Wants("training_evaluations_since_best")) {
    Line("training_evaluations_since_best", series.EvaluationsSinceBest());
  }
  AddRegimes(series);
  Line("training_loss_samples_total", series.samples());
  Line("training_loss_outliers_total", series.outliers());
  Line("training_loss_spikes_total", series.spikes());
  Line("training_restarts_total", series.restarts());
  for (const core::NonFiniteKind kind : core::kNonFiniteKinds) {
    const auto i = static_cast<std::size_t>(kind);
    Line("training_loss_nonfinite_total", series.nonfinite()[i], kinds_[i]);
  }
  if (Wants("training_step_interval_seconds")) {
    Line("training_step_interval_seconds", series.StepIntervalSeconds());
  }
  Line("training_last_sample_timestamp_seconds", core::UnixSeconds(series.last_sample()));
  if (Wants("training_lr_advice_ratio")) AddAdvice(series.Advice());
}

void JobMetrics::AddWindows(const core::SeriesTracker& series) {
  for (const core::WindowRegression& regression : series.windows()) {
    const core::WindowSnapshot window = series.Look(regression);
    window_ = ",window=\"";
    AppendNumber(window_, std::uint64_t{window.window});
    window_ += '"';
    Line("loss_velocity", window.velocity, window_);
    Line("loss_acceleration", window.acceleration, window_);
    Line("loss_velocity_per_step", window.velocity_per_step, window_);
    Line("loss_acceleration_per_step", window.acceleration_per_step, window_);
    Line("loss_velocity_tstat", window.tstat, window_);
    Line("loss_acceleration_tstat", window.acceleration_tstat, window_);
  }
}

void JobMetrics::AddRegimes(const core::SeriesTracker& series) {
  Line("training_regime_start_timestamp_seconds", core::UnixSeconds(series.regime_start()));
  if (!Wants("training_regime") && !Wants("training_regime_transitions_total")) return;
  const core::Regime now = series.regime();
  for (const core::Regime regime : core::kRegimes) {
    const auto i = static_cast<std::size_t>(regime);
    role_ = roles_[static_cast<std::size_t>(series.role())];
    role_ += regimes_[i];
    Line("training_regime", std::uint64_t{regime == now ? 1U : 0U}, role_);
    Line("training_regime_transitions_total", series.transitions()[i], regimes_[i]);
  }
}

void JobMetrics::AddAdvice(const std::optional<core::LrAdvice>& advice) {
  if (!advice) return;
  Line("training_lr_advice_ratio", advice->ratio, reasons_[static_cast<std::size_t>(advice->reason)]);
}

void JobMetrics::AddKnownLoss(const Labels& labels, const core::SeriesTracker& tracker) {
  labels_ = labels.text;
  AddSeries(tracker);
}

}  // namespace lossd::exporter
