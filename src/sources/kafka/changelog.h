// The topic that holds the state of all jobs: compacted, with the partitions of the topics of samples.
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sources/kafka/kafka_options.h"
#include "sources/kafka/notice.h"
#include "sources/kafka/record_batch.h"
#include "sources/kafka/state_record.h"

namespace lossd::sources {

/// For the thread that talks to Kafka. Every method waits for the broker, and gives up where `goes_on` says no.
class Changelog {
 public:
  Changelog(const KafkaOptions& options, NoticeHandler notify, std::function<bool()> goes_on)
      : options_(options), notify_(std::move(notify)), goes_on_(std::move(goes_on)) {}

  /// Makes the topic, or gives it partitions, so that it has as many as the widest of `topics`. False where that is not
  /// done.
  bool Ensure(RdKafka::Handle& client, const std::vector<Partition>& partitions);

  /// Everything in these partitions of the changelog, by partition. To be called once the committed offsets of their
  /// topics are known to be final: reads to where the changelog ended behind that, and waits for transactions that are
  /// open there. Nothing where it gave up.
  std::optional<std::map<std::int32_t, ChangelogReader>> Read(const std::vector<Partition>& partitions);

 private:
  std::map<std::string, std::int32_t> CountPartitions(RdKafka::Handle& client, std::string& error) const;
  std::optional<std::map<std::int32_t, std::int64_t>> Ends(const std::vector<std::int32_t>& numbers);
  bool ReadTo(const std::map<std::int32_t, std::int64_t>& ends, std::map<std::int32_t, ChangelogReader>& into);

  const KafkaOptions& options_;
  NoticeHandler notify_;
  std::function<bool()> goes_on_;
  std::int32_t partitions_ = 0;  ///< that it is known to have
};

}  // namespace lossd::sources
