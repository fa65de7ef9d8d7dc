// States and offsets, written together or not at all.
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sources/kafka/kafka_options.h"
#include "sources/kafka/notice.h"
#include "sources/kafka/record_batch.h"
#include "sources/kafka/state_record.h"

namespace lossd::sources {

enum class CommitOutcome : std::uint8_t {
  kCommitted,
  kAborted,  ///< nothing was written: the member is not of the group any more, or the broker did not answer
  kFenced,   ///< another process has taken this producer's place, or it is broken: it cannot be used any more
};

/// A transactional producer. For the thread that talks to Kafka. What it waits for is given up where `goes_on` says no.
class Transactions {
 public:
  Transactions(const KafkaOptions& options, RdKafka::EventCb& events, NoticeHandler notify,
               std::function<bool()> goes_on);

  /// Waits for the broker, and ends what an earlier process of the same instance has left open. False where it cannot
  /// be used.
  bool Begin(const std::function<bool()>& goes_on);

  struct Write {
    std::int32_t partition = 0;
    std::vector<ChangelogRecord> records;
  };
  /// In one transaction: `writes` to the changelog, and `offsets` as the group's.
  CommitOutcome Commit(const std::vector<Write>& writes, const std::map<Partition, std::int64_t>& offsets,
                       RdKafka::KafkaConsumer& member);

  RdKafka::Producer* client() { return producer_.get(); }

 private:
  std::string Produce(const std::vector<Write>& writes);
  std::unique_ptr<RdKafka::Error> SendOffsets(const std::map<Partition, std::int64_t>& offsets,
                                              const RdKafka::ConsumerGroupMetadata& group);
  CommitOutcome Abort(const std::string& reason);
  /// Calls again while it may be tried again, for `most` times.
  std::unique_ptr<RdKafka::Error> Try(int most, const std::function<RdKafka::Error*()>& call);

  const KafkaOptions& options_;
  NoticeHandler notify_;
  std::function<bool()> goes_on_;
  std::unique_ptr<RdKafka::Producer> producer_;
};

}  // namespace lossd::sources
