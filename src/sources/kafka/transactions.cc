#include "sources/kafka/transactions.h"

#include <bit>
#include <cstdint>
#include <random>
#include <utility>

#include "sources/kafka/client_properties.h"

namespace lossd::sources {
namespace {

constexpr int kStepMs = 2000;
constexpr int kMostSteps = 15;

/// The same for all processes of one instance, so that a later one ends what an earlier one has left open.
std::string TransactionalId(const KafkaOptions& options) {
  if (!options.instance.empty()) return options.group + "-" + options.instance;
  std::random_device random;
  return options.group + "-" + std::to_string(random()) + "-" + std::to_string(random());
}

}  // namespace

Transactions::Transactions(const KafkaOptions& options, RdKafka::EventCb& events, NoticeHandler notify,
                           std::function<bool()> goes_on)
    : options_(options), notify_(std::move(notify)), goes_on_(std::move(goes_on)) {
  std::string error;
  const auto conf = MakeConf(PropertiesOf(options, ClientRole::kProducer, TransactionalId(options)), error);
  if (conf) {
    conf->set("event_cb", &events, error);
    producer_.reset(RdKafka::Producer::create(conf.get(), error));
  }
  if (!producer_) notify_({logging::LogLevel::kError, "cannot make a producer", options.group, error});
}

std::unique_ptr<RdKafka::Error> Transactions::Try(int most, const std::function<RdKafka::Error*()>& call) {
  std::unique_ptr<RdKafka::Error> error;
  for (int i = 0; i < most; ++i) {
    error.reset(call());
    if (!error || !error->is_retriable() || !goes_on_()) break;
    producer_->poll(100);
  }
  return error;
}

bool Transactions::Begin(const std::function<bool()>& goes_on) {
  for (std::uint64_t attempt = 1; producer_ && goes_on(); ++attempt) {
    const auto error = Try(1, [this] { return producer_->init_transactions(kStepMs); });
    if (!error) return true;
    if (error->is_fatal() || !(error->is_retriable() || error->code() == RdKafka::ERR__TIMED_OUT)) {
      notify_({logging::LogLevel::kError, "no transactions", options_.group, error->str()});
      return false;
    }
    // Of a broker that is away for a day, every two minutes.
    constexpr std::uint64_t kMostBetween = 64;
    if (std::has_single_bit(attempt) || attempt % kMostBetween == 0) {
      notify_({logging::LogLevel::kWarn, "waiting for the broker", options_.group, error->str()});
    }
  }
  return false;
}

std::string Transactions::Produce(const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    for (const ChangelogRecord& record : write.records) {
      RdKafka::ErrorCode code = RdKafka::ERR__QUEUE_FULL;
      while (code == RdKafka::ERR__QUEUE_FULL && goes_on_()) {
        void* const value = record.value ? const_cast<char*>(record.value->data()) : nullptr;
        code = producer_->produce(options_.changelog_topic(), write.partition, RdKafka::Producer::RK_MSG_COPY, value,
                                  record.value ? record.value->size() : 0, record.key.data(), record.key.size(), 0,
                                  nullptr);
        if (code == RdKafka::ERR__QUEUE_FULL) producer_->poll(50);
      }
      if (code != RdKafka::ERR_NO_ERROR) return RdKafka::err2str(code);
    }
    producer_->poll(0);
  }
  return "";
}

std::unique_ptr<RdKafka::Error> Transactions::SendOffsets(const std::map<Partition, std::int64_t>& offsets,
                                                          const RdKafka::ConsumerGroupMetadata& group) {
  std::vector<std::unique_ptr<RdKafka::TopicPartition>> owned;
  std::vector<RdKafka::TopicPartition*> places;
  for (const auto& [partition, offset] : offsets) {
    owned.emplace_back(RdKafka::TopicPartition::create(partition.topic, partition.number, offset));
    places.push_back(owned.back().get());
  }
  return Try(kMostSteps, [&] { return producer_->send_offsets_to_transaction(places, &group, kStepMs); });
}

CommitOutcome Transactions::Commit(const std::vector<Write>& writes, const std::map<Partition, std::int64_t>& offsets,
                                   RdKafka::KafkaConsumer& member) {
  if (const std::unique_ptr<RdKafka::Error> error(producer_->begin_transaction()); error) {
    notify_({logging::LogLevel::kError, "cannot begin a transaction", options_.group, error->str()});
    return error->is_fatal() ? CommitOutcome::kFenced : Abort(error->str());
  }
  if (const std::string error = Produce(writes); !error.empty()) return Abort(error);
  // What lies in the changelog by now is seen by a successor that finds these offsets pending.
  RdKafka::ErrorCode flushed = RdKafka::ERR__TIMED_OUT;
  for (int i = 0; i < kMostSteps && flushed == RdKafka::ERR__TIMED_OUT && goes_on_(); ++i) {
    flushed = producer_->flush(kStepMs);
  }
  if (flushed != RdKafka::ERR_NO_ERROR) return Abort("the broker does not take the states");
  // Of the generation of now: the broker refuses them from a member that is none any more.
  const std::unique_ptr<RdKafka::ConsumerGroupMetadata> group(member.groupMetadata());
  if (!group) return Abort("no member of the group");
  auto error = SendOffsets(offsets, *group);
  if (!error) error = Try(kMostSteps, [this] { return producer_->commit_transaction(kStepMs); });
  if (!error) return CommitOutcome::kCommitted;
  if (error->is_fatal()) {
    notify_({logging::LogLevel::kWarn, "another process has taken the producer's place", options_.group, error->str()});
    return CommitOutcome::kFenced;
  }
  return Abort(error->str());
}

CommitOutcome Transactions::Abort(const std::string& reason) {
  notify_({logging::LogLevel::kWarn, "a transaction was aborted", options_.group, reason});
  producer_->purge(RdKafka::Producer::PURGE_QUEUE | RdKafka::Producer::PURGE_INFLIGHT);
  const auto error = Try(kMostSteps, [this] { return producer_->abort_transaction(kStepMs); });
  if (!error || error->code() == RdKafka::ERR__STATE) return CommitOutcome::kAborted;
  return CommitOutcome::kFenced;
}

}  // namespace lossd::sources
