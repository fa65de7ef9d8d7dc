// What the metrics say of the fetching from Kafka.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "sources/kafka/record_batch.h"

namespace lossd::sources {

/// Counters never decrease within a process.
struct KafkaReport {
  bool member = false;                              ///< the group has given it partitions, or none are left
  std::map<Partition, std::int64_t> lags;           ///< records still to be read, of each partition that is ours
  std::map<std::string, std::uint64_t> rebalances;  ///< by kind
  std::map<std::string, std::uint64_t> commits;     ///< by result
  std::array<std::uint64_t, kRecordRejections> rejected{};  ///< by RecordRejection
  std::uint64_t records = 0, record_bytes = 0;
  std::uint64_t state_bytes = 0, states_written = 0;  ///< to the changelog
  std::uint64_t states_restored = 0, states_damaged = 0;
  double restore_seconds = 0;  ///< of the last one
  double commit_seconds = 0;   ///< that all commits took
};

}  // namespace lossd::sources
