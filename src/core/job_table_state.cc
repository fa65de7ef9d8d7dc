// Saving and loading of JobTable.
#include <algorithm>
#include <utility>

#include "core/job_table.h"
#include "core/name_rules.h"
#include "core/state_codec.h"

namespace lossd::core {
namespace {

/// The steady clock starts anew with each process, so that a moment on it is saved as its age.
void SaveInstant(StateWriter& out, Instant instant, Instant now) {
  out.I64((now.steady - instant.steady).count());
  out.I64(instant.wall.time_since_epoch().count());
}

Instant LoadInstant(StateReader& in, Instant now) {
  Instant instant;
  instant.steady = now.steady - std::chrono::nanoseconds(in.Span());
  instant.wall = Timestamp(std::chrono::nanoseconds(in.Moment()));
  return instant;
}

/// Whatever the bytes are, what becomes a label's value is one that a page may hold.
std::string LoadText(StateReader& in) {
  std::string text = in.String();
  if (!IsText(text, text.size())) in.Fail();
  return text;
}

std::string LoadName(StateReader& in) {
  std::string name = LoadText(in);
  if (name.empty()) in.Fail();
  return name;
}

void SaveState(StateWriter& out, const Job& job, Instant now) {
  out.U64(static_cast<std::uint64_t>(job.state));
  SaveInstant(out, job.state_since, now);
  out.U64(static_cast<std::uint64_t>(job.stage));
  for (const std::uint64_t count : job.failures) out.U64(count);
  out.Bool(job.failure.has_value());
  if (!job.failure) return;
  SaveInstant(out, job.failure_seen, now);
  out.U64(static_cast<std::uint64_t>(job.failure->reason));
  out.String(job.failure->last_line);
  out.U64(job.failure->lines.size());
  for (const std::string& line : job.failure->lines) out.String(line);
}

/// Who writes is looked up anew.
bool LoadState(StateReader& in, Job& job, Instant now) {
  const std::uint64_t state = in.U64();
  job.state_since = LoadInstant(in, now);
  const std::uint64_t stage = in.U64();
  if (state >= kJobStates.size() || stage > static_cast<std::uint64_t>(RunStage::kComplete)) return false;
  job.state = static_cast<JobState>(state);
  job.stage = static_cast<RunStage>(stage);
  for (std::uint64_t& count : job.failures) count = in.U64();
  if (!in.Bool()) return in.ok();
  job.failure_seen = LoadInstant(in, now);
  const std::uint64_t reason = in.U64();
  if (reason >= kFailures.size()) return false;
  FailureReport& failure = job.failure.emplace();
  failure.reason = static_cast<Failure>(reason);
  failure.last_line = in.String();
  const std::uint64_t lines = in.U64();
  for (std::uint64_t i = 0; i < lines && in.ok(); ++i) failure.lines.push_back(in.String());
  return in.ok();
}

void SaveFields(StateWriter& out, const Job& job, Instant now) {
  out.String(job.name);
  out.U64(job.labels.size());
  for (const auto& [label, value] : job.labels) {
    out.String(label);
    out.String(value);
  }
  out.Optional(job.step);
  for (const auto& value : {job.epoch, job.learning_rate, job.gradient_norm}) out.Optional(value);
  SaveInstant(out, job.last_sample, now);
  SaveState(out, job, now);
  out.U64(job.series.size());
  for (const auto& [loss, series] : job.series) {
    out.String(loss);
    series.Save(out, now);
  }
}

}  // namespace

void JobTable::Save(StateWriter& out, Instant now) const {
  out.U64(expired_total_);
  out.U64(jobs_.size() - kept_elsewhere_);
  for (const auto& [name, job] : jobs_) {
    if (!job.kept_elsewhere) SaveFields(out, job, now);
  }
}

void JobTable::BeginSave(StateWriter& out, Instant now) {
  out.U64(expired_total_);
  unsaved_ = jobs_.size() - kept_elsewhere_;
  out.U64(unsaved_);
  save_out_ = &out;
  save_time_ = now;
  ++save_number_;
  saved_up_to_.clear();
}

void JobTable::KeepForSave(Job& job) {
  if (save_out_ == nullptr || job.kept_elsewhere || job.last_save == save_number_) return;
  job.last_save = save_number_;
  --unsaved_;
  SaveFields(*save_out_, job, save_time_);
}

bool JobTable::SaveMore(std::size_t series) {
  std::size_t saved = 0;
  for (auto it = jobs_.upper_bound(saved_up_to_); unsaved_ > 0 && it != jobs_.end() && saved < series; ++it) {
    saved += it->second.series.size();
    KeepForSave(it->second);
    saved_up_to_ = it->first;
  }
  if (unsaved_ > 0) return false;
  EndSave();
  return true;
}

std::optional<std::vector<JobTable::SeriesName>> JobTable::Load(StateReader& in, Instant now) {
  for (auto& [name, job] : jobs_) Drop(job);
  jobs_.clear();
  ++arrangement_;
  expired_total_ = 0;
  series_ = label_bytes_ = kept_elsewhere_ = 0;
  std::vector<SeriesName> left_out;
  if (LoadJobs(in, now, left_out) && in.ok()) return left_out;
  in.Fail();
  jobs_.clear();
  expired_total_ = 0;
  series_ = label_bytes_ = kept_elsewhere_ = 0;
  return std::nullopt;
}

bool JobTable::LoadJobs(StateReader& in, Instant now, std::vector<SeriesName>& left_out) {
  expired_total_ = in.U64();
  const std::uint64_t jobs = in.U64();
  for (std::uint64_t i = 0; i < jobs && in.ok(); ++i) {
    const std::string name = LoadName(in);
    Job& job = jobs_[name];
    job.name = name;
    if (!LoadFields(in, now, job, left_out)) return false;
    Count(job);
    if (job.series.empty() && !left_out.empty() && left_out.back().job == name) jobs_.erase(name);
  }
  return in.ok();
}

bool JobTable::LoadFields(StateReader& in, Instant now, Job& job, std::vector<SeriesName>& left_out) {
  const std::uint64_t labels = in.U64();
  for (std::uint64_t k = 0; k < labels && in.ok(); ++k) {
    const std::string label = in.String();
    if (!IsLabelName(label)) return false;
    job.labels[label] = LoadText(in);
  }
  in.Optional(job.step);
  for (auto* value : {&job.epoch, &job.learning_rate, &job.gradient_norm}) in.Optional(*value);
  job.last_sample = LoadInstant(in, now);
  return LoadState(in, job, now) && LoadSeries(in, now, job, left_out);
}

bool JobTable::LoadSeries(StateReader& in, Instant now, Job& job, std::vector<SeriesName>& left_out) {
  const std::uint64_t series = in.U64();
  for (std::uint64_t k = 0; k < series && in.ok(); ++k) {
    const std::string loss = LoadName(in);
    const auto loaded = MakeSeries(job, loss)->second.Load(in, now);
    if (loaded == SeriesTracker::Loaded::kUnfit) return false;
    if (loaded == SeriesTracker::Loaded::kAll) continue;
    job.series.erase(loss);
    job.training.erase(loss);
    left_out.push_back({job.name, loss});
  }
  return in.ok();
}

void JobTable::KeepElsewhere(std::string_view name) {
  Job* const job = FindJob(name);
  if (job == nullptr || job->kept_elsewhere) return;
  KeepForSave(*job);
  job->kept_elsewhere = true;
  ++kept_elsewhere_;
}

bool JobTable::SaveJob(std::string_view name, StateWriter& out, Instant now) const {
  const Job* const job = Find(name);
  if (job != nullptr) SaveFields(out, *job, now);
  return job != nullptr;
}

bool JobTable::LoadJob(StateReader& in, Instant now) {
  const std::string name = LoadName(in);
  Remove(name);
  if (!in.ok()) return false;
  Job& job = jobs_[name];
  job.name = name;
  job.last_save = save_number_;
  std::vector<SeriesName> left_out;
  if (LoadFields(in, now, job, left_out) && in.ok() && !(job.series.empty() && !left_out.empty())) {
    Count(job);
    return true;
  }
  jobs_.erase(name);
  in.Fail();
  return false;
}

}  // namespace lossd::core
