#include "core/job_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/name_rules.h"

namespace lossd::core {
namespace {

/// How long what looks like a failure may be only a warning of one: training goes on, or it does not.
constexpr std::chrono::nanoseconds kQuickFailure = std::chrono::seconds(15);
constexpr std::chrono::nanoseconds kSlowFailure = std::chrono::minutes(10);
/// A log whose writer has gone may get another one: a job that is started again at once.
constexpr std::chrono::nanoseconds kGoneForGood = std::chrono::seconds(30);

/// Whether all of `labels` are among `known` already, as they are with all samples of a job but the first.
bool Holds(const Labels& known, const Labels& labels) {
  auto at = known.begin();
  return std::ranges::all_of(labels, [&](const auto& label) {
    while (at != known.end() && at->first != label.first) ++at;
    return at != known.end() && at->second == label.second;
  });
}

}  // namespace

std::string_view Name(Rejection rejection) {
  switch (rejection) {
    case Rejection::kJobLimit:
      return "job_limit";
    case Rejection::kSeriesLimit:
      return "series_limit";
    case Rejection::kTotalSeriesLimit:
      return "total_series_limit";
    case Rejection::kLabelSizeLimit:
      return "label_size_limit";
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
  Job* job = JobToChange(job_name);
  auto* series = job ? FindSeries(*job, sample.loss) : nullptr;
  const bool new_series = series == nullptr;

  if (new_series) {
    if (const std::optional<Rejection> bad = CheckNames(job, job_name, sample.loss)) return {bad, {}};
  }
  const bool new_labels = !labels.empty() && (job == nullptr || !Holds(job->labels, labels));
  if (new_labels) {
    if (const std::optional<Rejection> bad = CheckLabels(job, labels)) return {bad, {}};
  }
  if (new_series || new_labels) {
    const std::string_view new_loss = new_series ? std::string_view(sample.loss) : std::string_view();
    if (const std::optional<Rejection> bad = CheckLabelSize(job, job_name, labels, new_loss)) return {bad, {}};
  }

  if (job == nullptr) {
    job = &jobs_[std::string(job_name)];
    job->name = job_name;
    job->last_save = save_number_;
  }
  if (new_series) {
    CountNoMore(*job);
    series = MakeSeries(*job, sample.loss);
    Count(*job);
  }
  if (recent_ != job || recent_series_ != series) recent_history_ = nullptr;
  recent_ = job;
  recent_series_ = series;

  if (new_labels) SetLabels(*job, labels);
  if (sample.epoch) job->epoch = *sample.epoch;
  if (sample.learning_rate) job->learning_rate = *sample.learning_rate;
  if (sample.gradient_norm) job->gradient_norm = *sample.gradient_norm;
  job->last_sample = now;
  job->state = JobState::kRunning;
  job->failure.reset();
  const SeriesTracker* training = series->second.evaluation() ? TrainingOf(*job, sample.loss) : nullptr;
  const std::span<const Event> events = series->second.Update(sample, now, origin, training);
  // A validation that counts its own batches does not take the run back.
  const bool behind = training != nullptr && series->second.global_step() < job->step;
  if (sample.step && !behind) {
    job->step = series->second.global_step();
    // A loss that is not finite leaves the count of steps where it was, but stands behind what came before.
    if (!std::isfinite(*series->second.last())) job->step = std::max(job->step.value_or(*sample.step), *sample.step);
  }
  if (history_.points > 0) Record(*job, *series, sample, events);
  return {std::nullopt, events};
}

bool JobTable::Remove(std::string_view name) {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return false;
  KeepForSave(found->second);
  CountNoMore(found->second);
  Drop(found->second);
  jobs_.erase(found);
  return true;
}

JobTable::Ticked JobTable::Tick(Instant now, std::size_t jobs) {
  Ticked ticked;
  auto it = jobs_.lower_bound(next_to_tick_);
  for (; it != jobs_.end() && jobs > 0; --jobs) {
    Job& job = it->second;
    if (!job.finished()) TickJob(job, now, ticked);
    const Instant& since = job.finished() ? job.state_since : job.last_sample;
    const std::chrono::nanoseconds silence = now.steady - since.steady;
    // Of a job that has not finished it is the shortest that there is, and working it out is not free.
    if ((job.finished() || silence > limits_.ttl) && silence > TimeToLive(job)) {
      KeepForSave(job);
      CountNoMore(job);
      Drop(job);
      ++expired_total_;
      ticked.expired.push_back(job.name);
      it = jobs_.erase(it);
      continue;
    }
    ++it;
  }
  ticked.whole = it == jobs_.end();
  next_to_tick_ = ticked.whole ? std::string() : it->first;
  return ticked;
}

std::optional<std::chrono::nanoseconds> JobTable::SilenceTimeout(const Job& job) const {
  std::optional<std::chrono::nanoseconds> shortest;
  for (const auto& [loss, series] : job.series) {
    const auto timeout = series.SilenceTimeout();
    // One sample alone promises no second one.
    if (timeout == ArrivalIntervals::kFirstTimeout) continue;
    if (timeout && (!shortest || *timeout < *shortest)) shortest = timeout;
  }
  return shortest && limits_.stall_after.count() > 0 ? limits_.stall_after : shortest;
}

std::chrono::nanoseconds JobTable::TimeToLive(const Job& job) const {
  if (job.state == JobState::kEnded) return limits_.finished_ttl;
  if (job.state == JobState::kFailed) return limits_.trouble_ttl;
  std::chrono::nanoseconds ttl = limits_.ttl;
  for (const auto& [loss, series] : job.series) {
    if (series.regime() == Regime::kStalled) ttl = std::max(ttl, limits_.trouble_ttl);
    // One that is known to have nobody left to write need not be waited for.
    if (job.writer == Writer::kGone) continue;
    if (const auto timeout = series.SilenceTimeout()) {
      ttl = std::max(ttl, series.has_rhythm() ? 4 * *timeout : 24 * limits_.ttl);
    }
  }
  return ttl;
}

void JobTable::TickJob(Job& job, Instant now, Ticked& ticked) {
  const std::chrono::nanoseconds silence = now.steady - job.last_sample.steady;
  const bool gone = job.writer == Writer::kGone;
  if (job.failure) {
    std::chrono::nanoseconds rhythm{0};
    if (const auto timeout = SilenceTimeout(job))
      rhythm = std::min<std::chrono::nanoseconds>(*timeout / 4, kSlowFailure);
    if (gone || now.steady - job.failure_seen.steady > std::max(kQuickFailure, rhythm)) {
      ConfirmFailure(job, now);
      ticked.changes.push_back({job.name, job.state});
    }
    return;
  }
  const bool heard_of =
      std::ranges::any_of(job.series, [silence](const auto& series) { return series.second.LeastTimeout() > silence; });
  if (heard_of && limits_.stall_after.count() == 0 && !(gone && silence > kGoneForGood)) return;
  const auto timeout = SilenceTimeout(job);
  // Of a log that was old when it was first read, nobody waits for more.
  const bool history = !timeout && now.wall - job.last_sample.wall > ArrivalIntervals::kUnknownTimeout;
  const bool too_long = history || (timeout && silence > *timeout);
  if (!too_long && !(gone && silence > kGoneForGood)) return;
  const bool may_write = job.writer == Writer::kAlive || job.writer == Writer::kUnknown;
  if (job.state == JobState::kRunning) {
    if (job.stage == RunStage::kComplete) {
      Enter(job, JobState::kEnded, now);
    } else if (!may_write || history) {
      Enter(job, JobState::kSilent, now);
    }
    if (job.state != JobState::kRunning) ticked.changes.push_back({job.name, job.state});
  }
  if (job.finished() || !timeout || silence <= *timeout) return;
  if (may_write || job.stage == RunStage::kMiddle) TickSeries(job, now, ticked);
}

void JobTable::TickSeries(Job& job, Instant now, Ticked& ticked) {
  const auto stalled = [](const auto& series) { return series.second.regime() == Regime::kStalled; };
  if (!std::ranges::all_of(job.series, stalled)) KeepForSave(job);
  std::optional<std::chrono::nanoseconds> timeout;
  if (limits_.stall_after.count() > 0) timeout = limits_.stall_after;
  for (auto& [loss, series] : job.series) {
    const auto history = job.histories.find(loss);
    for (const Event& event : series.Tick(now, timeout)) {
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

Job* JobTable::JobToChange(std::string_view name) {
  Job* job = FindJob(name);
  if (job != nullptr) KeepForSave(*job);
  return job;
}

JobTable::Series* JobTable::FindSeries(Job& job, std::string_view loss) {
  if (recent_ == &job && recent_series_->first == loss) return recent_series_;
  const auto found = job.series.find(loss);
  return found == job.series.end() ? nullptr : &*found;
}

std::optional<Rejection> JobTable::CheckNames(const Job* job, std::string_view name, std::string_view loss) const {
  if (job == nullptr) {
    if (name.empty() || !IsText(name, limits_.max_name_bytes)) return Rejection::kBadJobName;
    if (jobs_.size() >= limits_.max_jobs) return Rejection::kJobLimit;
  }
  if (loss.empty() || !IsText(loss, limits_.max_name_bytes)) return Rejection::kBadSeriesName;
  if ((job ? job->series.size() : 0) >= limits_.max_series_per_job) return Rejection::kSeriesLimit;
  if (series_ >= limits_.max_series) return Rejection::kTotalSeriesLimit;
  return std::nullopt;
}

/// With `labels` set and a series of the name `new_loss` (empty: none) added. What makes the labels no larger is never
/// refused.
std::optional<Rejection> JobTable::CheckLabelSize(const Job* job, std::string_view name, const Labels& labels,
                                                  std::string_view new_loss) const {
  std::size_t of_each = job ? job->label_bytes : name.size(), before = 0;
  for (const auto& [label, value] : labels) {
    if (!value.empty()) of_each += label.size() + value.size();
    if (job == nullptr) continue;
    const auto known = job->labels.find(label);
    if (known != job->labels.end()) of_each -= label.size() + known->second.size();
  }
  std::size_t series = new_loss.empty() ? 0 : 1, after = new_loss.size();
  if (job != nullptr) {
    series += job->series.size();
    after += job->loss_bytes;
    before = job->series.size() * job->label_bytes + job->loss_bytes;
  }
  after += series * of_each;
  if (after <= before || label_bytes_ - before + after <= limits_.max_label_bytes) return std::nullopt;
  return Rejection::kLabelSizeLimit;
}

void JobTable::SetLabels(Job& job, const Labels& labels) {
  // To take back a label that is not there changes nothing.
  const bool same = std::ranges::all_of(labels, [&job](const auto& label) {
    const auto known = job.labels.find(label.first);
    return known == job.labels.end() ? label.second.empty() : known->second == label.second;
  });
  if (same) return;
  CountNoMore(job);
  for (const auto& [name, value] : labels) {
    if (value.empty()) {
      job.labels.erase(name);
    } else {
      job.labels[name] = value;
    }
  }
  Count(job);
}

void JobTable::Count(Job& job) {
  ++arrangement_;
  kept_elsewhere_ += job.kept_elsewhere ? 1 : 0;
  job.label_bytes = job.name.size();
  for (const auto& [name, value] : job.labels) job.label_bytes += name.size() + value.size();
  job.loss_bytes = 0;
  for (const auto& [loss, series] : job.series) job.loss_bytes += loss.size();
  series_ += job.series.size();
  label_bytes_ += job.series.size() * job.label_bytes + job.loss_bytes;
}

void JobTable::CountNoMore(const Job& job) {
  ++arrangement_;
  kept_elsewhere_ -= job.kept_elsewhere ? 1 : 0;
  series_ -= job.series.size();
  label_bytes_ -= job.series.size() * job.label_bytes + job.loss_bytes;
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

const SeriesTracker* JobTable::TrainingOf(const Job& job, std::string_view evaluation) {
  const auto names = job.training.find(evaluation);
  if (names == job.training.end()) return nullptr;
  for (const std::string& name : names->second) {
    const auto found = job.series.find(name);
    if (found != job.series.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace lossd::core
