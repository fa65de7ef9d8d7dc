#include "push/mlflow/run_feed.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace lossd::push {
namespace {

constexpr std::string_view kSource = "mlflow";
/// A metric that its sender took longer ago than this is history that is sent late, not news.
constexpr auto kNewsAge = std::chrono::minutes(1);
constexpr std::size_t kShortId = 8;
constexpr std::int64_t kLatestTimestamp = 9'200'000'000'000;  // of nanoseconds in 64 bits, in milliseconds

}  // namespace

void RunFeed::Begin(const std::string& run, const std::string& name, const std::string& experiment) {
  Forget(run);
  if (runs_.size() >= kMostRuns) {
    Forget(std::ranges::min_element(runs_, {}, [](const auto& entry) { return entry.second.last_use; })->first);
  }
  Run& fresh = runs_[run];
  fresh.name = fresh.job = name;
  if (owners_.contains(name)) fresh.job += '-' + run.substr(0, kShortId);
  if (!experiment.empty()) fresh.labels["experiment"] = experiment;
  fresh.labels["run_id"] = run;
  fresh.last_use = ++uses_;
  owners_.try_emplace(fresh.job, run);
}

bool RunFeed::Knows(const std::string& run, std::string_view name) const {
  const auto known = runs_.find(run);
  return known != runs_.end() && known->second.name == name;
}

RunFeed::Run& RunFeed::FindOrMake(const std::string& run) {
  if (!runs_.contains(run)) Begin(run, run, "");
  return runs_.find(run)->second;
}

std::optional<core::Rejection> RunFeed::Log(const std::string& run, const std::vector<MlflowMetric>& metrics,
                                            const ProtocolHost& host) {
  Run& known = FindOrMake(run);
  known.last_use = ++uses_;
  // Trainers that log in batches put one key after the other, or one step after the other: by step, either is the same.
  std::vector<const MlflowMetric*> ordered;
  for (const MlflowMetric& metric : metrics) ordered.push_back(&metric);
  std::ranges::stable_sort(ordered, {}, [](const MlflowMetric* metric) { return metric->step; });
  // Several values of one key without a step, each a record of its own.
  const core::Instant now = host.now();
  std::optional<core::Rejection> refusal;
  for (auto begin = ordered.begin(); begin != ordered.end();) {
    std::vector<const MlflowMetric*> together;
    auto end = begin;
    for (; end != ordered.end() && (*end)->step == (*begin)->step; ++end) {
      if (std::ranges::any_of(together, [&](const MlflowMetric* other) { return other->key == (*end)->key; })) break;
      together.push_back(*end);
    }
    begin = end;
    for (const core::Sample& sample : Read(known, together).samples) {
      const bool late = sample.time && *sample.time < now.wall - kNewsAge;
      const auto rejection = host.sink.Take(known.job, known.labels, sample,
                                            {now, late ? core::Origin::kCatchUp : core::Origin::kLive, kSource});
      if (!refusal) refusal = rejection;
    }
  }
  return refusal;
}

records::NamedValueReader::Result RunFeed::Read(Run& run, const std::vector<const MlflowMetric*>& metrics) {
  values_.clear();
  for (const MlflowMetric* metric : metrics) values_.push_back({metric->key, metric->value});
  const MlflowMetric& first = *metrics.front();
  run.steps = run.steps || first.step != 0;
  records::NamedValues named;
  named.values = values_;
  if (run.steps) named.step = first.step;
  if (first.timestamp > 0 && first.timestamp <= kLatestTimestamp) {
    named.time = core::Timestamp(std::chrono::milliseconds(first.timestamp));
  }
  return run.reader.Read(named);
}

void RunFeed::End(const std::string& run, std::string_view status, const ProtocolHost& host) {
  const auto known = runs_.find(run);
  if (known == runs_.end()) return;
  if (status == "FINISHED") {
    host.sink.Finish(known->second.job, host.now());
  } else {
    core::FailureReport report;
    report.reason = status == "KILLED" ? core::Failure::kKilled : core::Failure::kException;
    report.last_line = "status " + std::string(status);
    host.sink.Fail(known->second.job, report, host.now());
  }
  // A run may be resumed: it keeps its name until another wants it.
  if (const auto owner = owners_.find(known->second.job); owner != owners_.end() && owner->second == run)
    owners_.erase(owner);
}

void RunFeed::Remove(const std::string& run, const ProtocolHost& host) {
  const auto known = runs_.find(run);
  if (known == runs_.end()) return;
  host.sink.Remove(known->second.job);
  Forget(run);
}

void RunFeed::Forget(const std::string& run) {
  const auto known = runs_.find(run);
  if (known == runs_.end()) return;
  if (const auto owner = owners_.find(known->second.job); owner != owners_.end() && owner->second == run)
    owners_.erase(owner);
  runs_.erase(known);
}

}  // namespace lossd::push
