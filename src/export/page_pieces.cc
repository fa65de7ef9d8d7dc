// PagePieces of metrics_page.h.
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "export/exposition.h"
#include "export/job_metrics.h"
#include "export/metrics_page.h"
#include "export/part_metrics.h"

namespace lossd::exporter {

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
    wanted = WantedLines::Only(metric);
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
  WantedLines wanted;
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
  state.wanted = WantedLines::Only(state.metric);
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
