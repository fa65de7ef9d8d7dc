// One member of the consumer group: reads its partitions, hands what they give to the job table, and commits.
#pragma once

#include <librdkafka/rdkafkacpp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/sample.h"
#include "sources/kafka/changelog.h"
#include "sources/kafka/handover.h"
#include "sources/kafka/kafka_options.h"
#include "sources/kafka/kafka_report.h"
#include "sources/kafka/notice.h"
#include "sources/kafka/partition_jobs.h"
#include "sources/kafka/record_decoder.h"
#include "sources/kafka/transactions.h"

namespace lossd::sources {

/// What the thread and the io_context's share besides tasks: the newest report.
class ReportBoard {
 public:
  void Put(KafkaReport report) {
    const std::scoped_lock lock(mutex_);
    report_ = std::make_shared<const KafkaReport>(std::move(report));
  }
  std::shared_ptr<const KafkaReport> Get() const {
    const std::scoped_lock lock(mutex_);
    return report_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const KafkaReport> report_ = std::make_shared<const KafkaReport>();
};

/// What a member is given; both ends keep it alive.
struct MemberContext {
  KafkaOptions options;
  std::shared_ptr<Handover> handover;
  std::shared_ptr<PartitionJobs> jobs;  ///< for tasks alone
  std::shared_ptr<ReportBoard> board;
  NoticeHandler notify;
  std::function<core::Instant()> now;
};

/// For a thread of its own. See README.md for the protocol by which jobs move with their partition.
class GroupMember : private RdKafka::RebalanceCb, private RdKafka::EventCb {
 public:
  /// `report` goes on from what an earlier member counted.
  GroupMember(MemberContext context, KafkaReport& report);
  ~GroupMember() override;

  /// Until an end is asked for, or the member cannot go on (another process has taken its place): it then has no
  /// partitions any more, and a new one is to be made.
  void Run();

 private:
  struct Assigned {
    Assigned(const KafkaOptions& options, DecoderTools& tools) : decoder(options, tools) {}
    RecordDecoder decoder;
    std::int64_t next = -1;                    ///< offset; negative: nothing has been read yet
    std::int64_t committed = -1;               ///< as far as we know
    std::map<std::string, std::size_t> parts;  ///< of jobs whose state has more than one record
  };
  using Partitions = std::vector<Partition>;
  struct Place {
    const Partition& partition;
    std::int64_t offset;
  };

  bool Join();
  void TakeWhatIsThere();
  void TakeMessage(RdKafka::Message& message);
  void Reject(const Place& place, RecordRejection reason, std::string_view detail);
  void HandOver();
  void CommitWhereDue();
  void Commit();
  std::vector<PartitionJobs::Change> CollectChanges();
  std::vector<Transactions::Write> Encode(const std::vector<PartitionJobs::Change>& changes);
  void Settle(CommitOutcome outcome, const std::vector<PartitionJobs::Change>& changes,
              const std::map<Partition, std::int64_t>& offsets);
  void GiveUp(const Partitions& partitions);
  bool Restore(std::vector<RdKafka::TopicPartition*>& places, const Partitions& partitions);
  bool FetchCommitted(std::vector<RdKafka::TopicPartition*>& places);
  void Import(const Partition& partition, ChangelogReader::Jobs jobs);
  void Report();
  void Notify(logging::LogLevel level, std::string message, std::string about, std::string detail = "");

  void rebalance_cb(RdKafka::KafkaConsumer* consumer, RdKafka::ErrorCode code,
                    std::vector<RdKafka::TopicPartition*>& places) override;
  void event_cb(RdKafka::Event& event) override;

  MemberContext context_;
  KafkaReport& report_;
  const std::function<bool()> goes_on_;
  Changelog changelog_;
  Transactions transactions_;
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
  DecoderTools tools_;
  std::map<Partition, std::unique_ptr<Assigned>> assigned_;
  RecordBatch batch_;
  std::size_t batch_records_ = 0;
  std::chrono::nanoseconds batch_begun_{0}, next_commit_{0}, next_report_{0};
  bool broken_ = false;
  bool was_assigned_ = false;
};

}  // namespace lossd::sources
