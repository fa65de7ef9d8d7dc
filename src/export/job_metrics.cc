#include "export/job_metrics.h"

#include <chrono>

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

WantedLines WantedLines::Only(std::size_t metric) {
  const std::string_view labels = metrics::kCatalog[metric].labels;
  const auto has = [&](std::string_view label) { return labels.find(label) != std::string_view::npos; };
  return {.metric = metric, .job = !has("loss"), .series = has("loss"), .windows = has("window")};
}

JobMetrics::JobMetrics(const metrics::MetricSet& without)
    : regimes_(ExtraLabels("regime", core::kRegimes)),
      roles_(ExtraLabels("role", core::kRoles)),
      states_(ExtraLabels("state", core::kJobStates)),
      failures_(ExtraLabels("reason", core::kFailures)),
      kinds_(ExtraLabels("kind", core::kNonFiniteKinds)),
      reasons_(ExtraLabels("reason", core::kLrAdviceReasons)),
      without_(without) {
  for (std::size_t i = 0; i < metrics::kMetricCount; ++i) {
    lines_[i].prefix = std::string(metrics::kCatalog[i].name) + "{";
  }
}

std::string& JobMetrics::Lines::chunk() {
  if (chunks.empty() || chunks.back().size() > kChunkBytes - kChunkBytes / 8) {
    // Most daemons follow a few jobs: the first piece grows as it must.
    const bool first = chunks.empty();
    chunks.emplace_back();
    if (!first) chunks.back().reserve(kChunkBytes);
  }
  return chunks.back();
}

std::size_t JobMetrics::Lines::size() const {
  std::size_t size = 0;
  for (const std::string& chunk : chunks) size += chunk.size();
  return size;
}

void JobMetrics::MoveLines(std::string& to) {
  for (const std::string& chunk : lines_[wanted_.metric].chunks) to += chunk;
  lines_[wanted_.metric].chunks.clear();
}

std::size_t JobMetrics::lines_size() const { return lines_[wanted_.metric].size(); }

void JobMetrics::MoveTo(std::string& page, TextFormat format) {
  constexpr std::size_t kHeadBytes = 256;
  std::size_t size = 0;
  for (const Lines& lines : lines_) size += lines.size();
  page.reserve(page.size() + size + metrics::kMetricCount * kHeadBytes);
  for (std::size_t i = 0; i < metrics::kMetricCount; ++i) {
    if (lines_[i].chunks.empty()) continue;
    const metrics::MetricInfo& info = metrics::kCatalog[i];
    AppendHead(page, info.name, info.type, info.help, format);
    for (const std::string& chunk : lines_[i].chunks) page += chunk;
    lines_[i].chunks.clear();
  }
}

void JobMetrics::AppendForeign() {
  if (!foreign_.empty()) (labels_ += ',') += foreign_;
}

inline bool JobMetrics::Wants(metrics::Metric metric) const {
  return wanted_.metric == metric.index() || (wanted_.metric == WantedLines::kEveryMetric && !without_[metric.index()]);
}

template <typename Number>
void JobMetrics::Line(metrics::Metric metric, Number value, std::string_view extra) {
  if (!Wants(metric)) return;
  Lines& lines = lines_[metric.index()];
  std::string& text = lines.chunk();
  text.append(lines.prefix).append(labels_).append(extra).append("} ");
  AppendNumber(text, value);
  text += '\n';
}

template <typename Number>
void JobMetrics::Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view extra) {
  if (value) Line(metric, *value, extra);
}

void JobMetrics::Add(const core::Job& job) {
  Begin(job);
  AddJob(job);
  if (!wanted_.series) return;
  for (const auto& [loss, tracker] : job.series) AddLoss(loss, tracker);
}

void JobMetrics::Begin(const core::Job& job) {
  labels_.clear();
  AppendLabel(labels_, "training_job", job.name);
  job_only_ = labels_.size();
  foreign_.clear();
  AppendForeignLabels(foreign_, job.labels);
}

void JobMetrics::AddJob(const core::Job& job) {
  if (!wanted_.job) return;
  labels_.resize(job_only_);
  AppendForeign();
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
  if (wanted_.windows) AddWindows(series);
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

}  // namespace lossd::exporter
