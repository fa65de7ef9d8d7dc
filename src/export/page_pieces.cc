// The page in pieces: the part of metrics_page.h for clients that take it slowly.
#include <prometheus/metric_family.h>

#include <limits>
#include <tuple>
#include <utility>

#include "export/exposition.h"
#include "export/job_metrics.h"
#include "export/known_series.h"
#include "export/metrics_page.h"
#include "export/part_metrics.h"

namespace lossd::exporter {

/// Where the next line is: a metric, and the job and the series behind which it stands. The first metric of series is
/// made in a walk through the table, which lists the series and their labels for the others: each walk waits for memory
/// at every job, and labels cost as much as the rest of a line.
struct PagePieces::State {
  State(const core::JobTable& jobs_, std::vector<const prometheus::Collectable*> parts_, TextFormat format_,
        const metrics::MetricSet& without_, std::shared_ptr<KnownSeries> known_)
      : jobs(jobs_), parts(std::move(parts_)), format(format_), without(without_), known(std::move(known_)) {
    if (!known) known = std::make_shared<KnownSeries>();
  }
  ~State() { known->Leave(this); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool IsWantedOfJobs() const {
    if (without[metric]) return false;
    const std::string_view name = metrics::kCatalog[metric].name;
    return !name.starts_with("lossd_") && !name.starts_with("process_");
  }

  /// Lines of the metric at hand, until they are enough for a piece. True once it has no more.
  bool AddJobs(std::string& piece) {
    if (known->IsOf(jobs)) return AddKnown(piece);
    lists = lines.of_series() && known->EndsAt(jobs, job_name, within_job ? &loss : nullptr);
    // The table may have changed since the last piece, but does not while this one is made.
    auto job = jobs.jobs().lower_bound(job_name);
    if (job != jobs.jobs().end() && job->first == job_name && !within_job && !job_name.empty()) ++job;
    if (job == jobs.jobs().end() || job->first != job_name) within_job = false;  // it has gone in the meantime
    for (; job != jobs.jobs().end(); ++job) {
      within_job = AddJob(job->second, within_job);
      if (IsLookedAt() || within_job || lines.size() >= kPieceBytes) {
        job_name = job->first;
        TakeLines(piece);
        return false;
      }
    }
    if (lists) known->Complete(jobs);
    return true;
  }

  /// True where the piece is full and the job has perhaps more.
  bool AddJob(const core::Job& job, bool goes_on) {
    lines.Begin(job);
    auto series = goes_on ? job.series.upper_bound(loss) : job.series.begin();
    if (!goes_on) lines.AddJob(job);
    if (!lines.of_series()) return false;
    for (; series != job.series.end(); ++series) {
      lines.AddLoss(series->first, series->second);
      if (lists) known->Add(this, job, *series, lines.labels());
      if (!IsLookedAt() && lines.size() < kPieceBytes) continue;
      loss = series->first;
      return true;
    }
    return false;
  }

  /// The same as AddJobs, of a table that has not changed since its series were listed.
  bool AddKnown(std::string& piece) {
    if (row == kNoRow)
      row = job_name.empty() && !within_job ? 0 : known->Behind(job_name, within_job ? &loss : nullptr);
    for (; row < known->size(); ++row) {
      known->Prefetch(row, lines);
      AddRow(row);
      if (!IsLookedAt() && lines.size() < kPieceBytes) continue;
      job_name = (*known)[row].job->name;
      loss = (*known)[row].series->first;
      within_job = true;
      ++row;
      TakeLines(piece);
      return false;
    }
    return true;
  }

  void AddRow(std::size_t i) {
    if (lines.of_jobs() && !known->BeginsJob(i)) return;
    const KnownSeries::Row& at = (*known)[i];
    const JobMetrics::Labels labels = known->LabelsOf(i);
    const core::SeriesTracker& series = at.series->second;
    if (!labels.text.empty())
      return lines.of_jobs() ? lines.AddKnownJob(labels, *at.job) : lines.AddKnownLoss(labels, series);
    lines.Begin(*at.job);
    lines.of_jobs() ? lines.AddJob(*at.job) : lines.AddLoss(at.series->first, series);
  }

  /// One more, which may have no line at all. True once they are enough for a piece.
  bool IsLookedAt() { return ++looked_at >= kSeriesInPiece; }

  void TakeLines(std::string& piece) {
    if (lines.size() == 0) return;
    if (!std::exchange(headed, true)) {
      const metrics::MetricInfo& info = metrics::kCatalog[metric];
      AppendHead(piece, info.name, info.type, info.help, format);
    }
    lines.Take(piece);
  }

  void BeginMetric() {
    lines.Want(metric);
    job_name.clear();
    within_job = headed = false;
    row = 0;
    if (lines.of_series() && !known->IsOf(jobs)) known->Begin(jobs, this);
  }

  const core::JobTable& jobs;
  std::vector<const prometheus::Collectable*> parts;
  TextFormat format;
  metrics::MetricSet without;
  JobMetrics lines;
  std::size_t metric = 0;
  std::string job_name, loss;
  bool begun = false, within_job = false, headed = false;
  std::size_t looked_at = 0;  ///< for the piece at hand
  static constexpr std::size_t kNoRow = std::numeric_limits<std::size_t>::max();
  std::shared_ptr<KnownSeries> known;
  bool lists = false;                              ///< what is made now makes `known` longer
  std::size_t row = 0;                             ///< the next one of `known`, or kNoRow: to be found by the names
  std::vector<prometheus::MetricFamily> families;  ///< once the jobs are done
  std::size_t family = 0;
};

PagePieces::PagePieces(const core::JobTable& jobs, std::vector<const prometheus::Collectable*> parts, TextFormat format,
                       const metrics::MetricSet& without, std::shared_ptr<KnownSeries> known)
    : state_(std::make_unique<State>(jobs, std::move(parts), format, without, std::move(known))) {}

TextFormat PagePieces::format() const { return state_->format; }

std::optional<PagePieces::Position> PagePieces::position() const {
  const State& state = *state_;
  if (state.metric >= metrics::kMetricCount) return std::nullopt;
  return Position{state.metric, state.job_name, state.loss, state.begun, state.within_job, state.headed};
}

void PagePieces::GoTo(const Position& position) {
  State& state = *state_;
  std::tie(state.metric, state.job_name, state.loss, state.begun, state.within_job, state.headed) =
      std::tie(position.metric, position.job, position.loss, position.begun, position.within_job, position.headed);
  state.row = State::kNoRow;
  if (!state.begun) return;
  state.lines.Want(state.metric);
}

PagePieces::~PagePieces() = default;
PagePieces::PagePieces(PagePieces&&) noexcept = default;

bool PagePieces::Next(std::string& piece) {
  State& state = *state_;
  state.looked_at = 0;
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
    state.families = CollectParts(state.parts, state.without);
  }
  while (state.family < state.families.size()) {
    AppendFamily(piece, state.families[state.family++], state.format);
    if (piece.size() >= kPieceBytes) return true;
  }
  if (state.format == TextFormat::kOpenMetrics) piece += "# EOF\n";
  return false;
}

}  // namespace lossd::exporter
