#include "sources/kafka/partition_jobs.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::sources {
namespace {

/// What a record says that is older than this is history, not news.
constexpr auto kNewsAge = std::chrono::minutes(1);
/// A log that has given no sample is forgotten after this silence.
constexpr std::chrono::nanoseconds kReaderTtl = std::chrono::hours(1);

/// Changes of a job that come with time alone.
std::uint64_t SignatureOf(const core::Job& job) {
  std::uint64_t signature = static_cast<std::uint64_t>(job.state) + 1;
  signature = signature * 31 + static_cast<std::uint64_t>(job.stage);
  signature = signature * 31 + (job.failure ? 1 : 0);
  for (const auto& [loss, series] : job.series)
    signature = signature * 31 + static_cast<std::uint64_t>(series.regime());
  return signature;
}

}  // namespace

PartitionJobs::Owned* PartitionJobs::Own(const std::string& job, const Partition& partition, core::Instant now) {
  auto known = owned_.find(job);
  if (known == owned_.end()) {
    // Another source's job keeps its state where it has it.
    if (const core::Job* const other = host_.jobs->Find(job); other != nullptr) return nullptr;
    known = owned_.emplace(job, Owned{}).first;
    known->second.partition = partition;
    gone_.erase({partition, job});
  } else if (known->second.partition != partition) {
    gone_.insert({known->second.partition, job});
    gone_.erase({partition, job});
    known->second.partition = partition;
    ++moved_;
  }
  known->second.changed = true;
  known->second.last_record = now.steady;
  return &known->second;
}

void PartitionJobs::Take(const RecordBatch& batch) {
  const core::Instant now = host_.now();
  for (const JobSamples& samples : batch.jobs) TakeSamples(samples, Own(samples.job, batch.partition, now), now);
}

void PartitionJobs::TakeSamples(const JobSamples& samples, Owned* owned, core::Instant now) {
  const core::Timestamp recorded{std::chrono::milliseconds(samples.time_ms)};
  const bool late = samples.time_ms > 0 && recorded < now.wall - kNewsAge;
  core::Instant at = now;
  if (late) at.wall = recorded;
  const core::Arrival arrival{at, late ? core::Origin::kCatchUp : core::Origin::kLive, source_};
  const core::Labels* labels = &samples.labels;
  core::Labels merged;
  if (!labels_.empty()) {
    merged = samples.labels;
    merged.insert(labels_.begin(), labels_.end());
    labels = &merged;
  }
  bool taken = false;
  for (const core::Sample& sample : samples.samples) {
    taken = !host_.sink.Take(samples.job, *labels, sample, arrival) || taken;
  }
  if (taken && owned != nullptr) {
    owned->tracked = true;
    host_.jobs->KeepElsewhere(samples.job);
  }
  if (samples.stage) host_.sink.Note(samples.job, core::Writer::kUnknown, samples.stage);
  if (samples.failure) host_.sink.Suspect(samples.job, *samples.failure, at);
  if (samples.finished) host_.sink.Finish(samples.job, at);
  // A key with nothing behind it is not worth remembering.
  if (owned != nullptr && !owned->tracked && !taken && !samples.samples.empty() && owned->memory.empty()) {
    owned_.erase(samples.job);
  }
}

bool PartitionJobs::Import(const Partition& partition, const StoredJob& job) {
  core::Instant now = host_.now();
  const auto known = owned_.find(job.name);
  if (known != owned_.end() && known->second.partition != partition) {
    // In two partitions, since it moved while they were apart: the newer state counts.
    const bool older = known->second.changed || known->second.saved >= job.saved;
    gone_.insert({older ? partition : known->second.partition, job.name});
    if (older) return true;
  }
  if (host_.jobs->Find(job.name) != nullptr && known == owned_.end()) return true;
  Owned& owned = owned_[job.name];
  owned.partition = partition;
  owned.memory = job.memory;
  owned.saved = job.saved;
  owned.last_record = now.steady;
  owned.changed = false;
  if (job.trackers.empty()) return true;
  // What time has passed since it was saved counts as silence.
  now.steady -= std::max<std::chrono::nanoseconds>(now.wall - job.saved, std::chrono::nanoseconds(0));
  core::StateReader in(job.trackers);
  if (!host_.jobs->LoadJob(in, now)) return false;
  host_.jobs->KeepElsewhere(job.name);
  owned.tracked = true;
  owned.signature = SignatureOf(*host_.jobs->Find(job.name));
  return true;
}

void PartitionJobs::Drop(const std::vector<Partition>& partitions) {
  const std::set<Partition> dropped(partitions.begin(), partitions.end());
  for (auto it = owned_.begin(); it != owned_.end();) {
    if (!dropped.contains(it->second.partition)) {
      ++it;
      continue;
    }
    if (it->second.tracked) host_.jobs->Remove(it->first);
    it = owned_.erase(it);
  }
  std::erase_if(gone_, [&](const auto& entry) { return dropped.contains(entry.first); });
}

void PartitionJobs::BeginExport(Memories memories, core::Instant now) {
  for (auto& [partition, jobs] : memories) {
    for (auto& [job, memory] : jobs) {
      if (Owned* const owned = Own(job, partition, now)) owned->memory = std::move(memory);
    }
  }
  pending_.clear();
  for (auto& [job, owned] : owned_) {
    const core::Job* const tracked = owned.tracked ? host_.jobs->Find(job) : nullptr;
    const bool expired = owned.tracked ? tracked == nullptr : now.steady - owned.last_record > kReaderTtl;
    if (tracked != nullptr && SignatureOf(*tracked) != owned.signature) owned.changed = true;
    if (expired || owned.changed) pending_.push_back(job);
  }
}

bool PartitionJobs::Export(std::size_t most, core::Instant now, std::vector<Change>& changes) {
  for (; most > 0 && !pending_.empty(); --most) {
    const std::string job = std::move(pending_.back());
    pending_.pop_back();
    const auto known = owned_.find(job);
    if (known == owned_.end()) continue;
    Owned& owned = known->second;
    const core::Job* const tracked = owned.tracked ? host_.jobs->Find(job) : nullptr;
    if (tracked == nullptr && (owned.tracked || now.steady - owned.last_record > kReaderTtl)) {
      gone_.insert({owned.partition, job});
      owned_.erase(known);
      continue;
    }
    Change& change = changes.emplace_back();
    change.partition = owned.partition;
    change.job = {job, "", owned.memory, now.wall};
    owned.changed = false;
    if (tracked == nullptr) continue;
    core::StateWriter out;
    host_.jobs->SaveJob(job, out, now);
    change.job.trackers = out.Take();
    owned.signature = SignatureOf(*tracked);
  }
  if (!pending_.empty()) return true;
  for (const auto& [partition, job] : gone_) changes.push_back({partition, {job, "", "", now.wall}, true});
  gone_.clear();
  return false;
}

void PartitionJobs::Redo(const std::vector<std::pair<Partition, std::string>>& jobs) {
  for (const auto& [partition, job] : jobs) {
    const auto known = owned_.find(job);
    if (known != owned_.end() && known->second.partition == partition) {
      known->second.changed = true;
    } else {
      gone_.insert({partition, job});
    }
  }
}

}  // namespace lossd::sources
