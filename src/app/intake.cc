#include "app/intake.h"

#include "core/regime/regime_gravity.h"
#include "metrics/families.h"

namespace lossd::app {
namespace {

logging::LogLevel Severity(const core::Event& event, core::Origin origin) {
  if (origin == core::Origin::kCatchUp || event.kind == core::Event::Kind::kOutlier) return logging::LogLevel::kDebug;
  if (event.kind == core::Event::Kind::kNonFinite) return logging::LogLevel::kWarn;
  if (event.kind != core::Event::Kind::kRegime) return logging::LogLevel::kInfo;
  return core::kGravity[core::Gravity(event.to)].warns ? logging::LogLevel::kWarn : logging::LogLevel::kInfo;
}

std::string Place(const core::Event& event) { return event.step ? std::to_string(*event.step) : ""; }

}  // namespace

std::optional<core::Rejection> Intake::Take(std::string_view job, const core::Labels& labels,
                                            const core::Sample& sample, const core::Arrival& arrival) {
  core::JobTable::Outcome outcome;
  if (external_labels_.empty()) {
    outcome = jobs_.Add(job, labels, sample, arrival.now, arrival.origin);
  } else {
    core::Labels merged = labels;
    merged.insert(external_labels_.begin(), external_labels_.end());
    // A label that the job brought with an earlier sample wins, too.
    if (const core::Job* known = jobs_.Find(job)) {
      for (const auto& [name, value] : external_labels_) {
        if (!labels.contains(name) && known->labels.contains(name)) merged.erase(name);
      }
    }
    outcome = jobs_.Add(job, merged, sample, arrival.now, arrival.origin);
  }
  if (outcome.rejection) {
    CountRejection(Name(*outcome.rejection));
    return outcome.rejection;
  }
  const auto taken = taken_.find(arrival.source);
  ++(taken != taken_.end() ? taken->second : taken_[std::string(arrival.source)]);
  for (const core::Event& event : outcome.events) LogEvent(job, sample.loss, event, arrival.origin);
  return std::nullopt;
}

bool Intake::Finish(std::string_view job, core::Instant now) {
  if (!jobs_.Finish(job, now)) return false;
  log_.Info("job finished", {{"training_job", job}});
  return true;
}

bool Intake::Fail(std::string_view job, const core::FailureReport& failure, core::Instant now) {
  if (!jobs_.Fail(job, failure, now)) return false;
  LogState(job);
  return true;
}

void Intake::Note(std::string_view job, core::Writer writer, std::optional<core::RunStage> stage) {
  const core::Job* known = jobs_.Find(job);
  if (known != nullptr) jobs_.Note(job, writer, stage.value_or(known->stage));
}

void Intake::NoteScaler(std::string_view job, std::optional<double> loss_scale, std::optional<std::uint64_t> skipped) {
  jobs_.NoteScaler(job, loss_scale, skipped);
}

void Intake::Suspect(std::string_view job, const core::FailureReport& failure, core::Instant now) {
  jobs_.Suspect(job, failure, now);
}

void Intake::Close(std::string_view job, std::optional<int> exit_status, core::Instant now) {
  const core::Job* known = jobs_.Find(job);
  if (known == nullptr) return;
  const bool ended_before = known->finished();
  if (exit_status.value_or(0) != 0) {
    jobs_.Fail(job, core::ReportOfExit(*exit_status), now);
  } else if (exit_status && known->failure && !known->finished()) {
    // A traceback that was caught: the command says itself that all is well.
    jobs_.Finish(job, now);
  } else {
    jobs_.Close(job, now);
  }
  if (!ended_before || known->state == core::JobState::kFailed) LogState(job);
}

void Intake::LogState(std::string_view job) {
  const core::Job* known = jobs_.Find(job);
  switch (known->state) {
    case core::JobState::kRunning:
      return;
    case core::JobState::kEnded:
      return log_.Info("job finished", {{"training_job", job}});
    case core::JobState::kFailed:
      return log_.Warn(
          "job failed",
          {{"training_job", job}, {"reason", Name(known->failure->reason)}, {"last_line", known->failure->last_line}});
    case core::JobState::kSilent:
      return log_.Info("job is silent, and nobody can be seen to write", {{"training_job", job}});
  }
}

bool Intake::Remove(std::string_view job) {
  if (!jobs_.Remove(job)) return false;
  log_.Info("job removed", {{"training_job", job}});
  return true;
}

bool Intake::Tick(core::Instant now, std::size_t jobs) {
  const core::JobTable::Ticked ticked = jobs_.Tick(now, jobs);
  for (const auto& stall : ticked.stalls) LogEvent(stall.job, stall.loss, stall.event, core::Origin::kLive);
  for (const auto& change : ticked.changes) LogState(change.job);
  for (const std::string& job : ticked.expired) log_.Info("job expired", {{"training_job", job}});
  return ticked.whole;
}

std::vector<prometheus::MetricFamily> Intake::Collect() const {
  metrics::Families families;
  families.AddEach("lossd_samples_total", "source", taken_);
  families.AddEach("lossd_samples_rejected_total", "reason", rejected_);
  return families.Take();
}

void Intake::LogEvent(std::string_view job, std::string_view loss, const core::Event& event, core::Origin origin) {
  const logging::LogLevel level = Severity(event, origin);
  switch (event.kind) {
    case core::Event::Kind::kRegime:
      return log_.Write(level, "regime changed",
                        {{"training_job", job},
                         {"loss", loss},
                         {"from", Name(event.from)},
                         {"to", Name(event.to)},
                         {"step", Place(event)},
                         {"velocity", event.velocity},
                         {"acceleration", event.acceleration},
                         {"why", event.why}});
    case core::Event::Kind::kOutlier:
    case core::Event::Kind::kSpike:
    case core::Event::Kind::kRestart:
    case core::Event::Kind::kNonFinite:
      return log_.Write(
          level, Name(event.kind),
          {{"training_job", job}, {"loss", loss}, {"step", Place(event)}, {"value", event.value}, {"why", event.why}});
  }
}

}  // namespace lossd::app
