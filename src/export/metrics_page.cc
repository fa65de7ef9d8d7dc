#include "export/metrics_page.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "export/exposition.h"
#include "metrics/catalog.h"
#include "text/utf8_text.h"

namespace lossd::exporter {
namespace {

double Seconds(core::Timestamp time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

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

constexpr std::size_t kEveryMetric = metrics::kMetricCount;

/// Whose lines are wanted: one metric's, or all.
struct Wanted {
  std::size_t metric = kEveryMetric;
  bool job = true, series = true, windows = true;
};

Wanted Only(std::size_t metric) {
  const std::string_view labels = metrics::kCatalog[metric].labels;
  const auto has = [&](std::string_view label) { return labels.find(label) != std::string_view::npos; };
  return {.metric = metric, .job = !has("loss"), .series = has("loss"), .windows = has("window")};
}

/// The lines of jobs, each metric apart.
///
/// For a whole page, every job is added once, and the page is the concatenation. For a page in pieces, jobs are added
/// once for each metric, and their lines are taken away before they are many.
class JobMetrics {
 public:
  explicit JobMetrics(const metrics::MetricSet& without) : without_(without) {
    for (std::size_t i = 0; i < metrics::kMetricCount; ++i)
      lines_[i].prefix = std::string(metrics::kCatalog[i].name) + "{";
  }

  void Want(const Wanted& wanted) { wanted_ = wanted; }

  /// Moves the lines of the one metric that is wanted.
  void MoveLines(std::string& to) {
    for (const auto& chunk : lines_[wanted_.metric].chunks) to += chunk;
    lines_[wanted_.metric].chunks.clear();
  }
  std::size_t lines_size() const {
    std::size_t size = 0;
    for (const auto& chunk : lines_[wanted_.metric].chunks) size += chunk.size();
    return size;
  }

  void Add(const core::Job& job) {
    Begin(job);
    AddJob(job);
    if (!wanted_.series) return;
    for (const auto& [loss, tracker] : job.series) AddLoss(loss, tracker);
  }

  /// One series after the other, for jobs with many: all but the lines that have no series.
  void Begin(const core::Job& job) {
    labels_.clear();
    AppendLabel(labels_, "training_job", job.name);
    job_only_ = labels_.size();
    foreign_.clear();
    AppendForeignLabels(foreign_, job.labels);
  }

  /// Of the job that was begun.
  void AddJob(const core::Job& job) {
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

  void AddLoss(std::string_view loss, const core::SeriesTracker& tracker) {
    labels_.resize(job_only_);
    AppendLabel(labels_, "loss", loss);
    AppendForeign();
    AddSeries(tracker);
  }

  void AppendTo(std::string& page, TextFormat format) {
    std::size_t size = 0;
    for (const auto& metric : lines_) {
      for (const auto& chunk : metric.chunks) size += chunk.size();
    }
    page.reserve(page.size() + size + metrics::kMetricCount * kHeadBytes);
    for (std::size_t i = 0; i < metrics::kMetricCount; ++i) {
      if (lines_[i].chunks.empty()) continue;
      const metrics::MetricInfo& info = metrics::kCatalog[i];
      AppendHead(page, info.name, info.type, info.help, format);
      for (const auto& chunk : lines_[i].chunks) page += chunk;
      lines_[i].chunks.clear();
    }
  }

 private:
  static constexpr std::size_t kHeadBytes = 256;
  static constexpr std::size_t kChunkBytes = 64 * 1024;

  /// The lines of one metric, in pieces: one string that grows would be copied again and again on its way to many
  /// megabytes.
  struct Lines {
    std::string& chunk() {
      if (chunks.empty() || chunks.back().size() > kChunkBytes - kChunkBytes / 8) {
        // Most daemons follow a few jobs: the first piece grows as it must.
        const bool first = chunks.empty();
        chunks.emplace_back();
        if (!first) chunks.back().reserve(kChunkBytes);
      }
      return chunks.back();
    }

    std::string prefix;  ///< the name and the opening brace
    std::vector<std::string> chunks;
  };

  void AppendForeign() {
    if (!foreign_.empty()) (labels_ += ',') += foreign_;
  }

  bool Wants(metrics::Metric metric) const {
    return wanted_.metric == metric.index() || (wanted_.metric == kEveryMetric && !without_[metric.index()]);
  }

  template <typename Number>
  void Line(metrics::Metric metric, Number value, std::string_view extra = {}) {
    if (!Wants(metric)) return;
    Lines& lines = lines_[metric.index()];
    std::string& text = lines.chunk();
    text.append(lines.prefix).append(labels_).append(extra).append("} ");
    AppendNumber(text, value);
    text += '\n';
  }
  template <typename Number>
  void Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view extra = {}) {
    if (value) Line(metric, *value, extra);
  }

  void AddState(const core::Job& job) {
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

  void AddSeries(const core::SeriesTracker& series) {
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
    Line("training_last_sample_timestamp_seconds", Seconds(series.last_sample()));
    if (Wants("training_lr_advice_ratio")) AddAdvice(series.Advice());
  }

  void AddWindows(const core::SeriesTracker& series) {
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

  void AddRegimes(const core::SeriesTracker& series) {
    Line("training_regime_start_timestamp_seconds", Seconds(series.regime_start()));
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

  void AddAdvice(const std::optional<core::LrAdvice>& advice) {
    if (!advice) return;
    Line("training_lr_advice_ratio", advice->ratio, reasons_[static_cast<std::size_t>(advice->reason)]);
  }

  const std::array<std::string, core::kRegimeCount> regimes_ = ExtraLabels("regime", core::kRegimes);
  const std::array<std::string, core::kRoles.size()> roles_ = ExtraLabels("role", core::kRoles);
  const std::array<std::string, core::kJobStates.size()> states_ = ExtraLabels("state", core::kJobStates);
  const std::array<std::string, core::kFailures.size()> failures_ = ExtraLabels("reason", core::kFailures);
  const std::array<std::string, 3> kinds_ = ExtraLabels("kind", core::kNonFiniteKinds);
  const std::array<std::string, core::kLrAdviceReasons.size()> reasons_ = ExtraLabels("reason", core::kLrAdviceReasons);
  std::array<Lines, metrics::kMetricCount> lines_;
  metrics::MetricSet without_;
  Wanted wanted_;
  std::string labels_, foreign_, window_, role_;
  std::size_t job_only_ = 0;  ///< how much of labels_ is the job's name
};

void AppendFamily(std::string& page, const prometheus::MetricFamily& family, TextFormat format) {
  const bool counter = family.type == prometheus::MetricType::Counter;
  AppendHead(page, family.name, counter ? "counter" : "gauge", family.help, format);
  for (const auto& sample : family.metric) {
    std::string labels;
    for (const auto& label : sample.label) AppendLabel(labels, label.name, label.value);
    page += family.name;
    if (!labels.empty()) page.append("{").append(labels) += '}';
    page += ' ';
    AppendNumber(page, counter ? sample.counter.value : sample.gauge.value);
    page += '\n';
  }
}

/// What all parts tell, a family once, in the order of the catalogue.
std::vector<prometheus::MetricFamily> CollectAll(std::span<const prometheus::Collectable* const> parts,
                                                 const metrics::MetricSet& without) {
  std::vector<prometheus::MetricFamily> all;
  for (const prometheus::Collectable* part : parts) {
    for (prometheus::MetricFamily& family : part->Collect()) {
      const std::size_t place = metrics::PlaceInCatalog(family.name);
      if (place < metrics::kMetricCount && without[place]) continue;
      const auto known = std::ranges::find(all, family.name, &prometheus::MetricFamily::name);
      if (known == all.end()) {
        all.push_back(std::move(family));
      } else {
        std::ranges::move(family.metric, std::back_inserter(known->metric));
      }
    }
  }
  std::ranges::stable_sort(all, {}, [](const auto& family) { return metrics::PlaceInCatalog(family.name); });
  return all;
}

}  // namespace

std::string RenderMetrics(const core::JobTable& jobs, std::span<const prometheus::Collectable* const> parts,
                          TextFormat format, const metrics::MetricSet& without) {
  std::string page;
  JobMetrics lines(without);
  for (const auto& [name, job] : jobs.jobs()) lines.Add(job);
  lines.AppendTo(page, format);
  for (const auto& family : CollectAll(parts, without)) AppendFamily(page, family, format);
  if (format == TextFormat::kOpenMetrics) page += "# EOF\n";
  return page;
}

bool IsLargePage(const core::JobTable& jobs) {
  constexpr std::size_t kLarge = 4 << 20, kLinesOfASeries = 60, kBytesOfALine = 100;
  return kLinesOfASeries * (jobs.series() * kBytesOfALine + jobs.label_bytes()) > kLarge;
}

/// Where the next line is: a metric, and the job and the series behind which it stands.
struct PagePieces::State {
  State(const core::JobTable& jobs_, std::vector<const prometheus::Collectable*> parts_, TextFormat format_,
        const metrics::MetricSet& without_)
      : jobs(jobs_), parts(std::move(parts_)), format(format_), without(without_), lines(without_) {}

  bool IsWantedOfJobs() const {
    if (without[metric]) return false;
    const std::string_view name = metrics::kCatalog[metric].name;
    return !name.starts_with("lossd_") && !name.starts_with("process_");
  }

  /// Lines of the metric at hand, until they are enough for a piece. True once it has no more.
  bool AddJobs(std::string& piece) {
    // The table may have changed since the last piece, but does not while this one is made.
    auto job = jobs.jobs().lower_bound(job_name);
    if (job != jobs.jobs().end() && job->first == job_name && !within_job && !job_name.empty()) ++job;
    if (job == jobs.jobs().end() || job->first != job_name) within_job = false;  // it has gone in the meantime
    for (; job != jobs.jobs().end(); ++job) {
      within_job = AddJob(job->second, within_job);
      if (within_job || lines.lines_size() >= kPieceBytes || ++looked_at >= kJobsInTurn) {
        job_name = job->first;
        TakeLines(piece);
        return false;
      }
    }
    return true;
  }

  /// True where the piece is full and the job has perhaps more.
  bool AddJob(const core::Job& job, bool goes_on) {
    lines.Begin(job);
    auto series = goes_on ? job.series.upper_bound(loss) : job.series.begin();
    if (!goes_on) lines.AddJob(job);
    if (!wanted.series) return false;
    for (; series != job.series.end(); ++series) {
      lines.AddLoss(series->first, series->second);
      if (lines.lines_size() < kPieceBytes) continue;
      loss = series->first;
      return true;
    }
    return false;
  }

  void TakeLines(std::string& piece) {
    looked_at = 0;
    if (lines.lines_size() == 0) return;
    if (!std::exchange(headed, true)) {
      const metrics::MetricInfo& info = metrics::kCatalog[metric];
      AppendHead(piece, info.name, info.type, info.help, format);
    }
    lines.MoveLines(piece);
  }

  void BeginMetric() {
    wanted = Only(metric);
    lines.Want(wanted);
    job_name.clear();
    within_job = headed = false;
  }

  static constexpr int kJobsInTurn = 4096;  // which may have no line at all

  const core::JobTable& jobs;
  std::vector<const prometheus::Collectable*> parts;
  TextFormat format;
  metrics::MetricSet without;
  JobMetrics lines;
  std::size_t metric = 0;
  Wanted wanted;
  std::string job_name, loss;
  bool begun = false, within_job = false, headed = false;
  int looked_at = 0;
  std::vector<prometheus::MetricFamily> families;  ///< once the jobs are done
  std::size_t family = 0;
};

PagePieces::PagePieces(const core::JobTable& jobs, std::vector<const prometheus::Collectable*> parts, TextFormat format,
                       const metrics::MetricSet& without)
    : state_(std::make_unique<State>(jobs, std::move(parts), format, without)) {}

TextFormat PagePieces::format() const { return state_->format; }

std::optional<PagePieces::Position> PagePieces::position() const {
  const State& state = *state_;
  if (state.metric >= metrics::kMetricCount) return std::nullopt;
  return Position{state.metric,     state.job_name, state.loss,     state.begun,
                  state.within_job, state.headed,   state.looked_at};
}

void PagePieces::GoTo(const Position& position) {
  State& state = *state_;
  std::tie(state.metric, state.job_name, state.loss, state.begun, state.within_job, state.headed, state.looked_at) =
      std::tie(position.metric, position.job, position.loss, position.begun, position.within_job, position.headed,
               position.looked_at);
  if (!state.begun) return;
  state.wanted = Only(state.metric);
  state.lines.Want(state.wanted);
}

PagePieces::~PagePieces() = default;
PagePieces::PagePieces(PagePieces&&) noexcept = default;

bool PagePieces::Next(std::string& piece) {
  State& state = *state_;
  while (state.metric < metrics::kMetricCount) {
    if (!state.IsWantedOfJobs()) {
      ++state.metric;
      continue;
    }
    if (!std::exchange(state.begun, true)) state.BeginMetric();
    const bool done = state.AddJobs(piece);
    if (done) {
      state.TakeLines(piece);
      state.begun = false;
      ++state.metric;
      if (state.metric == metrics::kMetricCount) break;
    }
    if (!done || piece.size() >= kPieceBytes) return true;
  }
  if (state.metric == metrics::kMetricCount) {
    ++state.metric;
    state.families = CollectAll(state.parts, state.without);
  }
  while (state.family < state.families.size()) {
    AppendFamily(piece, state.families[state.family++], state.format);
    if (piece.size() >= kPieceBytes) return true;
  }
  if (state.format == TextFormat::kOpenMetrics) piece += "# EOF\n";
  return false;
}

}  // namespace lossd::exporter
