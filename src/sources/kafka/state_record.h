// The records of the changelog: the state of one job, as its partition's offset has it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sample.h"
#include "sources/kafka/record_batch.h"

namespace lossd::sources {

/// What is kept of a job: its trackers as JobTable::SaveJob has them, and its reader's memory as JobReader::Save has
/// it.
struct StoredJob {
  std::string name;
  std::string trackers;  ///< "": it has given no sample
  std::string memory;    ///< "": it has no reader
  core::Timestamp saved{};
};

/// A key and a value; no value: a tombstone.
struct ChangelogRecord {
  std::string key;
  std::optional<std::string> value;
};

/// A state that is larger than this is cut into several records: brokers take messages of up to a megabyte.
inline constexpr std::size_t kMostInRecord = 512 * 1024;
inline constexpr std::size_t kMostParts = 256;

/// Key: topic, NUL, job, NUL, number of the part. The job's last state had `parts_before` parts; those that are left
/// over are deleted. Nothing where the state is larger than kMostParts parts.
std::vector<ChangelogRecord> EncodeJob(const std::string& topic, const StoredJob& job, std::size_t parts_before);
std::vector<ChangelogRecord> DeleteJob(const std::string& topic, const std::string& job, std::size_t parts_before);

/// Puts the records of one partition of the changelog together again, in their order.
class ChangelogReader {
 public:
  void Take(std::string_view key, std::optional<std::string_view> value);

  struct Jobs {
    std::vector<std::pair<StoredJob, std::size_t>> jobs;  ///< each with its number of parts
    std::size_t damaged = 0;                              ///< jobs whose state is not whole, or of a later version
  };
  /// Of that topic.
  Jobs JobsOf(const std::string& topic) const;
  std::size_t bytes() const { return bytes_; }

 private:
  std::map<std::pair<std::string, std::string>, std::map<std::size_t, std::string>> parts_;  ///< by topic and job
  std::size_t bytes_ = 0;
};

}  // namespace lossd::sources
