// The jobs of the partitions that this process has been given.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/job_table.h"
#include "sources/kafka/record_batch.h"
#include "sources/kafka/state_record.h"
#include "sources/source.h"

namespace lossd::sources {

/// Knows which partition each job belongs to, and which jobs have changed since their state was last taken. For the
/// thread of the io_context.
///
/// A job belongs to the partition that gave its last sample. Where it has moved to another one of ours (a topic that
/// has got more partitions), its trackers move along.
class PartitionJobs {
 public:
  /// `host` must outlive this, and `host.jobs` is set. `labels` are given to every job.
  PartitionJobs(const SourceHost& host, std::string_view source) : host_(host), source_(source) {}

  void SetLabels(core::Labels labels) { labels_ = std::move(labels); }

  void Take(const RecordBatch& batch);
  /// A job that comes with its partition. False where its trackers do not fit the options: it then begins anew.
  bool Import(const Partition& partition, const StoredJob& job);
  /// The partitions are no longer ours: their jobs leave at once, and without a word.
  void Drop(const std::vector<Partition>& partitions);

  /// A job whose state has changed, or which is no longer there.
  struct Change {
    Partition partition;
    StoredJob job;
    bool gone = false;
  };
  using Memories = std::map<Partition, std::map<std::string, std::string>>;  ///< by job
  /// Notes the readers' memories and which jobs are to be saved, and begins to collect the changes.
  void BeginExport(Memories memories, core::Instant now);
  /// Appends the next changes, about `most` jobs at once. False once there are no more.
  bool Export(std::size_t most, core::Instant now, std::vector<Change>& changes);
  /// What was exported has not come to the changelog: it is to be exported again.
  void Redo(const std::vector<std::pair<Partition, std::string>>& jobs);

  std::size_t size() const { return owned_.size(); }
  std::size_t moved() const { return moved_; }

 private:
  struct Owned {
    Partition partition;
    std::string memory;
    core::Timestamp saved{};  ///< of the state that was imported
    bool tracked = false;     ///< it is in the table, or was
    bool changed = true;
    std::uint64_t signature = 0;  ///< of what changes without a sample, as last exported
    std::chrono::nanoseconds last_record{0};
  };
  using Jobs = std::unordered_map<std::string, Owned>;

  Owned* Own(const std::string& job, const Partition& partition, core::Instant now);
  void TakeSamples(const JobSamples& samples, Owned* owned, core::Instant now);

  const SourceHost& host_;
  std::string_view source_;
  core::Labels labels_;
  Jobs owned_;
  std::set<std::pair<Partition, std::string>> gone_;  ///< to be deleted from the changelog
  std::vector<std::string> pending_;                  ///< jobs still to be looked at by Export
  std::size_t moved_ = 0;
};

}  // namespace lossd::sources
