#include "export/job_metrics.h"

#include <algorithm>
#include <span>

#include "export/exposition.h"
#include "text/utf8_text.h"

namespace lossd::exporter {

/// `,regime="healthy"} `, of each.
template <typename Key, std::size_t n>
std::array<std::string, n> JobMetrics::LastLabels(std::string_view label, const std::array<Key, n>& keys) {
  std::array<std::string, n> labels;
  for (const Key key : keys) {
    auto& text = labels[static_cast<std::size_t>(key)];
    AppendLabel(text, label, core::Name(key));
    text.insert(0, 1, ',');
    text += kNoMore;
  }
  return labels;
}

template <typename Key, std::size_t n>
std::array<JobMetrics::OneHot, n> JobMetrics::OneHotLabels(std::string_view label, const std::array<Key, n>& keys) {
  std::array<OneHot, n> labels;
  const auto texts = LastLabels(label, keys);
  for (std::size_t i = 0; i < n; ++i) labels[i] = {texts[i] + "0\n", texts[i] + "1\n"};
  return labels;
}

JobMetrics::JobMetrics()
    : regimes_(LastLabels("regime", core::kRegimes)),
      one_regime_(OneHotLabels("regime", core::kRegimes)),
      roles_(LastLabels("role", core::kRoles)),
      one_state_(OneHotLabels("state", core::kJobStates)),
      failures_(LastLabels("reason", core::kFailures)),
      kinds_(LastLabels("kind", core::kNonFiniteKinds)),
      reasons_(LastLabels("reason", core::kLrAdviceReasons)) {}

void JobMetrics::Want(std::size_t metric) {
  const metrics::MetricInfo& info = metrics::kCatalog[metric];
  metric_ = metric;
  of_series_ = info.labels.find("loss") != std::string_view::npos;
  of_windows_ = info.labels.find("window") != std::string_view::npos;
  head_.assign(info.name) += '{';
  prefix_size_ = head_.size();
}

void JobMetrics::Take(std::string& to) {
  to.append(lines_, 0, size_);
  size_ = 0;
}

char* JobMetrics::Room(std::size_t bytes) {
  constexpr std::size_t kFirst = 16 * 1024;
  if (lines_.size() - size_ < bytes) lines_.resize(std::max(kFirst, 2 * (size_ + bytes)));
  return lines_.data() + size_;
}

void JobMetrics::Add(std::string_view end_of_line) {
  char* at = Room(head_.size() + end_of_line.size());
  at = std::copy(head_.begin(), head_.end(), at);
  std::copy(end_of_line.begin(), end_of_line.end(), at);
  size_ += head_.size() + end_of_line.size();
}

// Written in place, in as few pieces as may be: each that is appended by itself costs as much as a number.
template <typename Number>
void JobMetrics::Line(metrics::Metric metric, Number value, std::string_view rest) {
  if (!Wants(metric)) return;
  Add(rest);
  char* const begin = Room(kNumberBytes + 1);
  char* end = WriteNumber(begin, value);
  *end++ = '\n';
  size_ += static_cast<std::size_t>(end - begin);
}
template <typename Number>
void JobMetrics::Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view rest) {
  if (value) Line(metric, *value, rest);
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
  SetHead(labels_);
  AddJobMetrics(job);
}

void JobMetrics::AddKnownJob(const Labels& labels, const core::Job& job) {
  SetHead(labels.text.substr(0, labels.job_end));
  head_ += labels.text.substr(labels.loss_end);
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
  SetHead(labels_);
  AddSeries(tracker);
}

void JobMetrics::AddState(const core::Job& job) {
  if (Wants("training_job_state")) {
    for (const core::JobState state : core::kJobStates) {
      const OneHot& line = one_state_[static_cast<std::size_t>(state)];
      Add(job.state == state ? line.one : line.zero);
    }
  }
  for (const core::Failure failure : core::kFailures) {
    const auto i = static_cast<std::size_t>(failure);
    if (job.failures[i] > 0) Line("training_failures_total", job.failures[i], failures_[i]);
  }
  if (!Wants("training_failure_info") || job.state != core::JobState::kFailed || !job.failure) return;
  std::string rest = failures_[static_cast<std::size_t>(job.failure->reason)];
  rest.resize(rest.size() - kNoMore.size());
  AppendLabel(rest, "last_line", text::ToUtf8(job.failure->last_line));
  Line("training_failure_info", std::uint64_t{1}, rest += kNoMore);
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
  const std::span<const core::WindowRegression> windows = series.windows();
  // The same of nearly every series.
  if (windows_.size() < windows.size()) windows_.resize(windows.size());
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const core::WindowSnapshot window = series.Look(windows[i]);
    auto& [size, label] = windows_[i];
    if (size != window.window) {
      size = window.window;
      label = ",window=\"" + std::to_string(size) + '"';
      label += kNoMore;
    }
    Line("loss_velocity", window.velocity, label);
    Line("loss_acceleration", window.acceleration, label);
    Line("loss_velocity_per_step", window.velocity_per_step, label);
    Line("loss_acceleration_per_step", window.acceleration_per_step, label);
    Line("loss_velocity_tstat", window.tstat, label);
    Line("loss_acceleration_tstat", window.acceleration_tstat, label);
  }
}

void JobMetrics::AddRegimes(const core::SeriesTracker& series) {
  Line("training_regime_start_timestamp_seconds", core::UnixSeconds(series.regime_start()));
  if (Wants("training_regime")) {
    const std::string_view role = roles_[static_cast<std::size_t>(series.role())];
    head_ += role.substr(0, role.size() - kNoMore.size());
    const core::Regime now = series.regime();
    for (const core::Regime regime : core::kRegimes) {
      const OneHot& line = one_regime_[static_cast<std::size_t>(regime)];
      Add(regime == now ? line.one : line.zero);
    }
  }
  if (!Wants("training_regime_transitions_total")) return;
  for (const core::Regime regime : core::kRegimes) {
    const auto i = static_cast<std::size_t>(regime);
    Line("training_regime_transitions_total", series.transitions()[i], regimes_[i]);
  }
}

void JobMetrics::AddAdvice(const std::optional<core::LrAdvice>& advice) {
  if (!advice) return;
  Line("training_lr_advice_ratio", advice->ratio, reasons_[static_cast<std::size_t>(advice->reason)]);
}

void JobMetrics::AddKnownLoss(const Labels& labels, const core::SeriesTracker& tracker) {
  SetHead(labels.text);
  AddSeries(tracker);
}

}  // namespace lossd::exporter
