#include "core/job_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/name_rules.h"

namespace lossd::core {

std::string_view Name(Rejection rejection) {
  switch (rejection) {
    case Rejection::kJobLimit:
      return "job_limit";
    case Rejection::kSeriesLimit:
      return "series_limit";
    case Rejection::kBadJobName:
      return "bad_job_name";
    case Rejection::kBadSeriesName:
      return "bad_series_name";
    case Rejection::kBadLabel:
      return "bad_label";
  }
  return "";
}

JobTable::JobTable(TrackerOptions options, JobLimits limits, ClassifierRule rule)
    : options_(std::move(options)), limits_(limits), rule_(std::move(rule)) {}

void JobTable::Reconfigure(TrackerOptions options, JobLimits limits, ClassifierRule rule) {
  options_ = std::move(options);
  limits_ = limits;
  rule_ = std::move(rule);
}

JobTable::Outcome JobTable::Add(std::string_view job_name, const Labels& labels, const Sample& sample, Instant now,
                                Origin origin) {
  Job* job = FindJob(job_name);
  auto* series = job ? FindSeries(*job, sample.loss) : nullptr;
  const bool new_series = series == nullptr;

  if (job == nullptr) {
    if (job_name.empty() || !IsText(job_name, limits_.max_name_bytes)) return {Rejection::kBadJobName, {}};
    if (jobs_.size() >= limits_.max_jobs) return {Rejection::kJobLimit, {}};
  }
  if (new_series) {
    if (sample.loss.empty() || !IsText(sample.loss, limits_.max_name_bytes)) return {Rejection::kBadSeriesName, {}};
    if ((job ? job->series.size() : 0) >= limits_.max_series_per_job) return {Rejection::kSeriesLimit, {}};
  }
  if (const std::optional<Rejection> bad = CheckLabels(job, labels)) return {bad, {}};

  if (job == nullptr) {
    job = &jobs_[std::string(job_name)];
    job->name = job_name;
  }
  if (new_series) series = MakeSeries(*job, sample.loss);
  if (recent_ != job || recent_series_ != series) recent_history_ = nullptr;
  recent_ = job;
  recent_series_ = series;

  for (const auto& [name, value] : labels) {
    if (value.empty()) {
      job->labels.erase(name);
      continue;
    }
    std::string& current = job->labels[name];
    if (current != value) current = value;
  }
  if (sample.epoch) job->epoch = *sample.epoch;
  if (sample.learning_rate) job->learning_rate = *sample.learning_rate;
  if (sample.gradient_norm) job->gradient_norm = *sample.gradient_norm;
  job->last_sample = now;
  job->finished = false;
  std::optional<double> training;
  if (series->second.evaluation()) training = TrainingLevel(*job, sample.loss);
  const std::span<const Event> events = series->second.Update(sample, now, origin, training);
  if (sample.step) {
    job->step = series->second.global_step();
    // A loss that is not finite leaves the count of steps where it was, but stands behind what came before.
    if (!std::isfinite(*series->second.last())) job->step = std::max(job->step.value_or(*sample.step), *sample.step);
  }
  if (history_.points > 0) Record(*job, *series, sample, events);
  return {std::nullopt, events};
}

bool JobTable::Finish(std::string_view name, Instant now) {
  Job* job = FindJob(name);
  if (job == nullptr) return false;
  job->finished = true;
  job->finished_at = now;
  for (auto& [loss, series] : job->series) {
    const Regime before = series.regime();
    series.End(now);
    const auto history = job->histories.find(loss);
    if (series.regime() == before || history == job->histories.end()) continue;
    Event event;
    event.to = series.regime();
    event.sample = series.samples() - 1;
    history->second->AddMark(event, now.wall);
  }
  return true;
}

bool JobTable::Remove(std::string_view name) {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return false;
  Drop(found->second);
  jobs_.erase(found);
  return true;
}

JobTable::Ticked JobTable::Tick(Instant now) {
  Ticked ticked;
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    Job& job = it->second;
    const std::chrono::nanoseconds silence = now.steady - job.last_sample.steady;
    const bool expired =
        job.finished ? now.steady - job.finished_at.steady > limits_.finished_ttl : silence > limits_.ttl;
    if (expired) {
      Drop(job);
      ++expired_total_;
      ticked.expired.push_back(job.name);
      it = jobs_.erase(it);
      continue;
    }
    if (!job.finished && silence > ArrivalIntervals::kMinTimeout) TickSeries(job, silence, now, ticked);
    ++it;
  }
  return ticked;
}

void JobTable::TickSeries(Job& job, std::chrono::nanoseconds silence, Instant now, Ticked& ticked) {
  std::optional<std::chrono::nanoseconds> shortest;
  for (const auto& [loss, series] : job.series) {
    const auto timeout = series.SilenceTimeout();
    if (timeout && (!shortest || *timeout < *shortest)) shortest = timeout;
  }
  if (!shortest || silence <= *shortest) return;
  for (auto& [loss, series] : job.series) {
    const auto history = job.histories.find(loss);
    for (const Event& event : series.Tick(now)) {
      if (history != job.histories.end()) history->second->AddMark(event, now.wall);
      ticked.stalls.push_back({job.name, loss, event});
    }
  }
}

const Job* JobTable::Find(std::string_view name) const {
  const auto found = jobs_.find(name);
  return found == jobs_.end() ? nullptr : &found->second;
}

Job* JobTable::FindJob(std::string_view name) {
  if (recent_ != nullptr && recent_->name == name) return recent_;
  const auto found = jobs_.find(name);
  return found == jobs_.end() ? nullptr : &found->second;
}

JobTable::Series* JobTable::FindSeries(Job& job, std::string_view loss) {
  if (recent_ == &job && recent_series_->first == loss) return recent_series_;
  const auto found = job.series.find(loss);
  return found == job.series.end() ? nullptr : &*found;
}

std::optional<Rejection> JobTable::CheckLabels(const Job* job, const Labels& labels) const {
  if (labels.empty()) return std::nullopt;
  std::size_t count = job ? job->labels.size() : 0;
  for (const auto& [name, value] : labels) {
    if (job != nullptr) {
      const auto known = job->labels.find(name);
      if (known != job->labels.end() && known->second == value) continue;
      if (known != job->labels.end()) --count;
    }
    if (!value.empty()) ++count;
    const bool good =
        name.size() <= limits_.max_name_bytes && IsLabelName(name) && IsText(value, limits_.max_name_bytes);
    if (!good || count > limits_.max_labels) return Rejection::kBadLabel;
  }
  return std::nullopt;
}

JobTable::Series* JobTable::MakeSeries(Job& job, const std::string& loss) const {
  TrackerOptions options = options_;
  std::vector<std::string> training;
  if (rule_) {
    SeriesMeaning meaning = rule_(job.name, loss);
    options.classifier = meaning.classifier;
    training = std::move(meaning.training);
  } else if (loss == kEvalSeries) {
    options.classifier.evaluation = true;
    training = {kTrainSeries};
  }
  if (!training.empty()) job.training[loss] = std::move(training);
  return &*job.series.emplace(loss, SeriesTracker(options)).first;
}

std::optional<double> JobTable::TrainingLevel(const Job& job, std::string_view evaluation) {
  const auto names = job.training.find(evaluation);
  if (names == job.training.end()) return std::nullopt;
  for (const std::string& name : names->second) {
    const auto found = job.series.find(name);
    if (found != job.series.end()) return found->second.level();
  }
  return std::nullopt;
}

}  // namespace lossd::core
