// What becomes of the jobs of JobTable: that they have ended or failed, and what else is known of them.
#include <utility>

#include "core/job_table.h"

namespace lossd::core {

bool JobTable::Finish(std::string_view name, Instant now) {
  Job* job = JobToChange(name);
  if (job == nullptr) return false;
  job->failure.reset();
  Enter(*job, JobState::kEnded, now);
  return true;
}

bool JobTable::Fail(std::string_view name, FailureReport failure, Instant now) {
  Job* job = JobToChange(name);
  if (job == nullptr) return false;
  const bool known = job->failure && !SaysMore(failure.reason, job->failure->reason);
  if (job->state == JobState::kFailed && known) return true;
  if (!known) job->failure = std::move(failure);
  ConfirmFailure(*job, now);
  return true;
}

bool JobTable::Suspect(std::string_view name, FailureReport failure, Instant now) {
  Job* job = JobToChange(name);
  if (job == nullptr || job->finished()) return false;
  if (!job->failure) job->failure_seen = now;
  job->failure = std::move(failure);
  return true;
}

bool JobTable::Close(std::string_view name, Instant now) {
  Job* job = JobToChange(name);
  if (job == nullptr) return false;
  job->writer = Writer::kGone;
  if (job->finished()) return true;
  if (job->failure) {
    ConfirmFailure(*job, now);
  } else {
    Enter(*job, JobState::kEnded, now);
  }
  return true;
}

void JobTable::Note(std::string_view name, Writer writer, RunStage stage) {
  Job* job = FindJob(name);
  if (job == nullptr) return;
  if (job->stage != stage) KeepForSave(*job);
  job->writer = writer;
  job->stage = stage;
}

void JobTable::NoteScaler(std::string_view name, std::optional<double> loss_scale,
                          std::optional<std::uint64_t> skipped) {
  Job* job = FindJob(name);
  if (job == nullptr) return;
  if (loss_scale) job->loss_scale = loss_scale;
  if (skipped) job->skipped_steps = job->skipped_steps.value_or(0) + *skipped;
}

void JobTable::Enter(Job& job, JobState state, Instant now) {
  KeepForSave(job);
  job.state = state;
  job.state_since = now;
  if (!job.finished()) return;
  for (auto& [loss, series] : job.series) {
    const Regime before = series.regime();
    series.End(now);
    const auto history = job.histories.find(loss);
    if (series.regime() == before || history == job.histories.end()) continue;
    Event event;
    event.to = series.regime();
    event.sample = series.samples() - 1;
    history->second->AddMark(event, now.wall);
  }
}

void JobTable::ConfirmFailure(Job& job, Instant now) {
  KeepForSave(job);
  ++job.failures[static_cast<std::size_t>(job.failure->reason)];
  Enter(job, JobState::kFailed, now);
}

}  // namespace lossd::core
