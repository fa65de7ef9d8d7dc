#include "sources/kafka/group_member.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "sources/kafka/client_properties.h"

namespace lossd::sources {
namespace {

/// Records that are handed over together at most, and how long the first of them waits.
constexpr std::size_t kMostInBatch = 2000;
constexpr std::chrono::nanoseconds kLongestBatch = std::chrono::milliseconds(20);
constexpr int kIdleMs = 100, kBusyMs = 5, kNoWait = 0;
/// Looking at the clock costs a tenth of a small record.
constexpr std::size_t kRecordsBetweenLooks = 64;
constexpr std::size_t kJobsInTurn = 64;
constexpr std::chrono::nanoseconds kReportInterval = std::chrono::seconds(1);

std::string TextOf(const Partition& partition) { return partition.topic + '/' + std::to_string(partition.number); }

double SecondsBetween(core::Instant from, core::Instant to) {
  return std::chrono::duration<double>(to.steady - from.steady).count();
}

std::vector<Partition> PartitionsOf(const std::vector<RdKafka::TopicPartition*>& places) {
  std::vector<Partition> partitions;
  for (const RdKafka::TopicPartition* const place : places) partitions.push_back({place->topic(), place->partition()});
  return partitions;
}

std::string TextOf(const std::vector<Partition>& partitions) {
  std::string text;
  for (const Partition& partition : partitions) text += (text.empty() ? "" : " ") + TextOf(partition);
  return text;
}

}  // namespace

GroupMember::GroupMember(MemberContext context, KafkaReport& report)
    : context_(std::move(context)),
      report_(report),
      goes_on_([handover = context_.handover] { return !handover->ending(); }),
      changelog_(context_.options, context_.notify, goes_on_),
      transactions_(context_.options, *this, context_.notify,
                    // A commit under way is ended as the broker has it, also where the process is to end.
                    [handover = context_.handover] { return !handover->abandoned(); }) {}

GroupMember::~GroupMember() {
  // Up to 2.2, librdkafka aborts where a member is destroyed that has joined and was never assigned anything (its issue
  // 4312): such a one is closed, and left behind.
  constexpr int kMended = 0x020300ff;
  if (consumer_ && !was_assigned_ && rd_kafka_version() < kMended) static_cast<void>(consumer_.release());
}

void GroupMember::Notify(logging::LogLevel level, std::string message, std::string about, std::string detail) {
  context_.notify({level, std::move(message), std::move(about), std::move(detail)});
}

bool GroupMember::Join() {
  if (transactions_.client() == nullptr || !transactions_.Begin(goes_on_)) return false;
  std::string error;
  const auto conf = MakeConf(PropertiesOf(context_.options, ClientRole::kMember), error);
  if (conf) {
    conf->set("rebalance_cb", static_cast<RdKafka::RebalanceCb*>(this), error);
    conf->set("event_cb", static_cast<RdKafka::EventCb*>(this), error);
    consumer_.reset(RdKafka::KafkaConsumer::create(conf.get(), error));
  }
  if (!consumer_) {
    Notify(logging::LogLevel::kError, "cannot make a consumer", context_.options.group, error);
    return false;
  }
  const RdKafka::ErrorCode code = consumer_->subscribe(context_.options.topics);
  if (code == RdKafka::ERR_NO_ERROR) return true;
  Notify(logging::LogLevel::kError, "cannot subscribe", context_.options.group, RdKafka::err2str(code));
  return false;
}

void GroupMember::Run() {
  if (Join()) {
    next_commit_ = context_.now().steady + context_.options.commit_interval;
    while (goes_on_() && !broken_) {
      TakeWhatIsThere();
      CommitWhereDue();
      Report();
      if (broken_) break;
      const std::unique_ptr<RdKafka::Message> message(consumer_->consume(batch_records_ > 0 ? kBusyMs : kIdleMs));
      TakeMessage(*message);
    }
    if (!broken_) Commit();
  }
  // The callback commits no more than that, and gives up what is ours.
  if (consumer_ && !context_.handover->abandoned()) consumer_->close();
  GiveUp({});
  report_.member = false;
  report_.lags.clear();
  context_.board->Put(report_);
}

/// What has been fetched already, up to a bound.
void GroupMember::TakeWhatIsThere() {
  for (std::size_t i = 0; i < kRecordsBetweenLooks && !broken_; ++i) {
    const std::unique_ptr<RdKafka::Message> message(consumer_->consume(kNoWait));
    if (message->err() == RdKafka::ERR__TIMED_OUT) return;
    TakeMessage(*message);
  }
}

void GroupMember::TakeMessage(RdKafka::Message& message) {
  if (message.err() == RdKafka::ERR__TIMED_OUT) return HandOver();
  if (message.err() == RdKafka::ERR__FATAL) {
    Notify(logging::LogLevel::kError, "the member cannot go on", context_.options.group, message.errstr());
    broken_ = true;
    return;
  }
  if (message.err() != RdKafka::ERR_NO_ERROR) {
    return Notify(logging::LogLevel::kWarn, "Kafka says", message.errstr(), message.topic_name());
  }
  const std::string_view topic = rd_kafka_topic_name(message.c_ptr()->rkt);
  const auto known = std::ranges::find_if(assigned_, [&](const auto& entry) {
    return entry.first.number == message.partition() && entry.first.topic == topic;
  });
  if (known == assigned_.end()) return;
  const auto& [partition, assigned] = *known;
  if (batch_.partition != partition) HandOver();
  if (batch_records_++ == 0) {
    batch_.partition = partition;
    batch_begun_ = context_.now().steady;
  }
  RecordView record;
  if (message.key_pointer() != nullptr) {
    record.key = std::string_view(static_cast<const char*>(message.key_pointer()), message.key_len());
  }
  if (message.payload() != nullptr) {
    record.value = std::string_view(static_cast<const char*>(message.payload()), message.len());
  }
  record.time_ms = message.timestamp().timestamp;
  // Two references fit into the function itself, without an allocation for each record.
  const Place place{partition, message.offset()};
  assigned->decoder.Read(record, batch_.jobs, [this, &place](RecordRejection reason, std::string_view detail) {
    Reject(place, reason, detail);
  });
  assigned->next = place.offset + 1;
  ++report_.records;
  report_.record_bytes += message.len();
  if (batch_records_ >= kMostInBatch) HandOver();
}

void GroupMember::Reject(const Place& place, RecordRejection reason, std::string_view detail) {
  const std::uint64_t count = ++report_.rejected[static_cast<std::size_t>(reason)];
  // Of the rest the counter tells.
  if (count > 10 && count % 1000 != 0) return;
  Notify(
      logging::LogLevel::kWarn, "a record was rejected", std::string(Name(reason)),
      TextOf(place.partition) + " offset " + std::to_string(place.offset) + ": " + std::string(detail.substr(0, 200)));
}

void GroupMember::HandOver() {
  batch_records_ = 0;
  if (batch_.jobs.empty()) return;
  context_.handover->Post([jobs = context_.jobs, batch = std::move(batch_)] { jobs->Take(batch); });
  batch_ = {};
}

void GroupMember::CommitWhereDue() {
  const std::chrono::nanoseconds now = context_.now().steady;
  if (batch_records_ > 0 && now - batch_begun_ > kLongestBatch) HandOver();
  if (now < next_commit_) return;
  Commit();
  next_commit_ = context_.now().steady + context_.options.commit_interval;
}

std::vector<PartitionJobs::Change> GroupMember::CollectChanges() {
  PartitionJobs::Memories memories;
  for (const auto& [partition, assigned] : assigned_) {
    if (auto changed = assigned->decoder.TakeChanged(); !changed.empty()) memories[partition] = std::move(changed);
  }
  std::vector<PartitionJobs::Change> changes;
  const core::Instant now = context_.now();
  bool more = true;
  context_.handover->Run([&] { context_.jobs->BeginExport(std::move(memories), now); });
  // In turns, so that a scrape does not wait for all of them. Nothing is handed over in between.
  while (more && context_.handover->Run([&] { more = context_.jobs->Export(kJobsInTurn, now, changes); })) {
  }
  if (context_.handover->abandoned()) changes.clear();
  return changes;
}

std::vector<Transactions::Write> GroupMember::Encode(const std::vector<PartitionJobs::Change>& changes) {
  std::map<Partition, std::vector<ChangelogRecord>> writes;
  for (const PartitionJobs::Change& change : changes) {
    const auto assigned = assigned_.find(change.partition);
    if (assigned == assigned_.end()) continue;
    auto& parts = assigned->second->parts;
    const auto known = parts.find(change.job.name);
    const std::size_t before = known == parts.end() ? 1 : known->second;
    std::vector<ChangelogRecord> records = change.gone ? DeleteJob(change.partition.topic, change.job.name, before)
                                                       : EncodeJob(change.partition.topic, change.job, before);
    if (records.empty()) {
      Notify(logging::LogLevel::kError, "the state of a job is too large to move", change.job.name,
             std::to_string(change.job.trackers.size() + change.job.memory.size()) + " bytes");
      continue;
    }
    // Parts that are left over are deleted each time: the count is forgotten with the job alone.
    const auto whole =
        static_cast<std::size_t>(std::ranges::count_if(records, [](const auto& r) { return r.value.has_value(); }));
    if (change.gone) {
      parts.erase(change.job.name);
    } else if (std::max(before, whole) > 1) {
      parts[change.job.name] = std::max(before, whole);
    }
    if (change.gone) assigned->second->decoder.Forget(change.job.name);
    auto& list = writes[change.partition];
    std::ranges::move(records, std::back_inserter(list));
  }
  std::vector<Transactions::Write> result;
  for (auto& [partition, records] : writes) {
    for (const ChangelogRecord& record : records) {
      report_.state_bytes += record.key.size() + record.value.value_or("").size();
    }
    report_.states_written += records.size();
    result.push_back({partition.number, std::move(records)});
  }
  return result;
}

void GroupMember::Commit() {
  if (assigned_.empty() || broken_) return;
  HandOver();
  const core::Instant begun = context_.now();
  const std::vector<PartitionJobs::Change> changes = CollectChanges();
  std::map<Partition, std::int64_t> offsets;
  for (const auto& [partition, assigned] : assigned_) {
    if (assigned->next >= 0 && assigned->next != assigned->committed) offsets[partition] = assigned->next;
  }
  if ((changes.empty() && offsets.empty()) || context_.handover->abandoned()) return;
  // The broker is to see that the group is still ours also where only states have changed.
  if (offsets.empty()) {
    for (const auto& [partition, assigned] : assigned_) {
      if (assigned->committed >= 0) offsets[partition] = assigned->committed;
    }
  }
  Settle(transactions_.Commit(Encode(changes), offsets, *consumer_), changes, offsets);
  report_.commit_seconds += SecondsBetween(begun, context_.now());
}

void GroupMember::Settle(CommitOutcome outcome, const std::vector<PartitionJobs::Change>& changes,
                         const std::map<Partition, std::int64_t>& offsets) {
  if (outcome == CommitOutcome::kCommitted) {
    ++report_.commits["committed"];
    for (const auto& [partition, offset] : offsets) assigned_[partition]->committed = offset;
    return;
  }
  ++report_.commits[outcome == CommitOutcome::kFenced ? "fenced" : "aborted"];
  broken_ = broken_ || outcome == CommitOutcome::kFenced;
  std::vector<std::pair<Partition, std::string>> jobs;
  for (const PartitionJobs::Change& change : changes) jobs.emplace_back(change.partition, change.job.name);
  context_.handover->Post([owner = context_.jobs, jobs = std::move(jobs)] { owner->Redo(jobs); });
}

/// Of all that are ours where `partitions` is empty.
void GroupMember::GiveUp(const Partitions& partitions) {
  Partitions given = partitions;
  if (given.empty()) {
    for (const auto& [partition, unused] : assigned_) given.push_back(partition);
  }
  if (given.empty()) return;
  batch_ = {};
  batch_records_ = 0;
  context_.handover->Run([&] { context_.jobs->Drop(given); });
  for (const Partition& partition : given) assigned_.erase(partition);
}

void GroupMember::rebalance_cb(RdKafka::KafkaConsumer* consumer, RdKafka::ErrorCode code,
                               std::vector<RdKafka::TopicPartition*>& places) {
  const Partitions partitions = PartitionsOf(places);
  std::unique_ptr<RdKafka::Error> error;
  if (code == RdKafka::ERR__ASSIGN_PARTITIONS) {
    ++report_.rebalances["assigned"];
    was_assigned_ = true;
    report_.member = true;
    HandOver();
    if (!partitions.empty()) {
      // Without their states they are not to be read.
      broken_ = broken_ || !Restore(places, partitions);
      if (!broken_) Notify(logging::LogLevel::kInfo, "partitions assigned", context_.options.group, TextOf(partitions));
    }
    error.reset(consumer->incremental_assign(places));
  } else {
    const bool lost = consumer->assignment_lost() || code != RdKafka::ERR__REVOKE_PARTITIONS;
    ++report_.rebalances[lost ? "lost" : "revoked"];
    if (!lost) Commit();
    GiveUp(partitions);
    if (!partitions.empty()) {
      Notify(lost ? logging::LogLevel::kWarn : logging::LogLevel::kInfo,
             lost ? "partitions lost" : "partitions revoked", context_.options.group, TextOf(partitions));
    }
    error.reset(code == RdKafka::ERR__REVOKE_PARTITIONS ? consumer->incremental_unassign(places) : nullptr);
    if (code != RdKafka::ERR__REVOKE_PARTITIONS) consumer->unassign();
  }
  if (error) Notify(logging::LogLevel::kError, "the assignment was refused", context_.options.group, error->str());
  next_report_ = {};
  Report();
}

/// Waits until no transaction of an earlier owner is open over these offsets.
bool GroupMember::FetchCommitted(std::vector<RdKafka::TopicPartition*>& places) {
  while (goes_on_()) {
    RdKafka::ErrorCode code = consumer_->committed(places, 2000);
    for (const RdKafka::TopicPartition* const place : places) {
      if (code == RdKafka::ERR_NO_ERROR) code = place->err();
    }
    if (code == RdKafka::ERR_NO_ERROR) return true;
    Notify(logging::LogLevel::kInfo, "waiting for the committed offsets", context_.options.group,
           RdKafka::err2str(code));
    context_.handover->Sleep(std::chrono::milliseconds(200));
  }
  return false;
}

bool GroupMember::Restore(std::vector<RdKafka::TopicPartition*>& places, const Partitions& partitions) {
  const core::Instant begun = context_.now();
  if (!FetchCommitted(places) || !changelog_.Ensure(*consumer_, partitions)) return false;
  auto readers = changelog_.Read(partitions);
  if (!readers) return false;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    auto assigned = std::make_unique<Assigned>(context_.options, tools_);
    assigned->committed = places[i]->offset();
    assigned_[partitions[i]] = std::move(assigned);
    Import(partitions[i], readers->at(partitions[i].number).JobsOf(partitions[i].topic));
  }
  report_.restore_seconds = SecondsBetween(begun, context_.now());
  return true;
}

void GroupMember::Import(const Partition& partition, ChangelogReader::Jobs jobs) {
  Assigned& assigned = *assigned_[partition];
  report_.states_damaged += jobs.damaged;
  for (const auto& [job, parts] : jobs.jobs) {
    if (parts > 1) assigned.parts[job.name] = parts;
    if (!job.memory.empty()) assigned.decoder.LoadJob(job.name, job.memory);
  }
  std::size_t unfit = 0;
  for (std::size_t begin = 0; begin < jobs.jobs.size(); begin += kJobsInTurn) {
    const std::size_t end = std::min(begin + kJobsInTurn, jobs.jobs.size());
    context_.handover->Run([&] {
      for (std::size_t i = begin; i < end; ++i) unfit += context_.jobs->Import(partition, jobs.jobs[i].first) ? 0 : 1;
    });
  }
  report_.states_restored += jobs.jobs.size() - unfit;
  report_.states_damaged += unfit;
  if (unfit + jobs.damaged > 0) {
    Notify(logging::LogLevel::kWarn, "states that do not fit were not used", TextOf(partition),
           std::to_string(unfit + jobs.damaged) + " jobs begin anew");
  }
}

void GroupMember::Report() {
  const core::Instant now = context_.now();
  if (now.steady < next_report_) return;
  next_report_ = now.steady + kReportInterval;
  report_.lags.clear();
  for (const auto& [partition, assigned] : assigned_) {
    std::int64_t low = 0, high = -1;
    const std::int64_t next = std::max(assigned->next, assigned->committed);
    if (consumer_) consumer_->get_watermark_offsets(partition.topic, partition.number, &low, &high);
    report_.lags[partition] = high >= 0 ? std::max<std::int64_t>(0, high - std::max(next, low)) : 0;
  }
  context_.board->Put(report_);
}

/// Also on threads of librdkafka.
void GroupMember::event_cb(RdKafka::Event& event) {
  switch (event.type()) {
    case RdKafka::Event::EVENT_ERROR:
      // A fatal error comes with the next message, too.
      return Notify(logging::LogLevel::kWarn, "Kafka says", RdKafka::err2str(event.err()), event.str());
    case RdKafka::Event::EVENT_LOG:
      return Notify(logging::LogLevel::kDebug, "librdkafka", event.fac(), event.str());
    default:
      return;
  }
}

}  // namespace lossd::sources
