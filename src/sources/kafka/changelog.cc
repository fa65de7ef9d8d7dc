#include "sources/kafka/changelog.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "sources/kafka/client_properties.h"

namespace lossd::sources {
namespace {

constexpr int kRequestMs = 5000;
constexpr auto kRetry = std::chrono::milliseconds(500);

template <typename Type, void (*Free)(Type*)>
struct Deleter {
  void operator()(Type* pointer) const { Free(pointer); }
};
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Deleter<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>>;
using NewPartitions =
    std::unique_ptr<rd_kafka_NewPartitions_t, Deleter<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Deleter<rd_kafka_queue_t, rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Deleter<rd_kafka_event_t, rd_kafka_event_destroy>>;

/// What the broker says to a request for one topic; "" for yes.
std::string ErrorOf(rd_kafka_event_t* event) {
  if (event == nullptr) return "the broker does not answer";
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_event_error_string(event);
  std::size_t count = 0;
  const rd_kafka_topic_result_t** topics = nullptr;
  if (const auto* result = rd_kafka_event_CreateTopics_result(event))
    topics = rd_kafka_CreateTopics_result_topics(result, &count);
  if (const auto* result = rd_kafka_event_CreatePartitions_result(event))
    topics = rd_kafka_CreatePartitions_result_topics(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(topics[i]);
    // Another member was faster.
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    const char* const text = rd_kafka_topic_result_error_string(topics[i]);
    return text != nullptr ? text : rd_kafka_err2str(code);
  }
  return "";
}

std::string MakeTopic(rd_kafka_t* client, const std::string& name, std::int32_t partitions, int replication) {
  char text[512];
  const NewTopic topic(
      rd_kafka_NewTopic_new(name.c_str(), partitions, replication > 0 ? replication : -1, text, sizeof text));
  if (!topic) return text;
  // Cleaned often: what a successor has to read is what lies there, not what counts.
  for (const auto& [key, value] : {std::pair("cleanup.policy", "compact"), std::pair("segment.bytes", "67108864"),
                                   std::pair("segment.ms", "600000"), std::pair("min.cleanable.dirty.ratio", "0.2")}) {
    rd_kafka_NewTopic_set_config(topic.get(), key, value);
  }
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_NewTopic_t* topics[] = {topic.get()};
  rd_kafka_CreateTopics(client, topics, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), kRequestMs));
  return ErrorOf(event.get());
}

std::string WidenTopic(rd_kafka_t* client, const std::string& name, std::int32_t partitions) {
  char text[512];
  const NewPartitions wanted(
      rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), text, sizeof text));
  if (!wanted) return text;
  const Queue queue(rd_kafka_queue_new(client));
  rd_kafka_NewPartitions_t* topics[] = {wanted.get()};
  rd_kafka_CreatePartitions(client, topics, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), kRequestMs));
  return ErrorOf(event.get());
}

std::unique_ptr<RdKafka::KafkaConsumer> MakeReader(const KafkaOptions& options, ClientRole role, std::string& error) {
  const auto conf = MakeConf(PropertiesOf(options, role), error);
  return std::unique_ptr<RdKafka::KafkaConsumer>(conf ? RdKafka::KafkaConsumer::create(conf.get(), error) : nullptr);
}

}  // namespace

std::map<std::string, std::int32_t> Changelog::CountPartitions(RdKafka::Handle& client, std::string& error) const {
  std::map<std::string, std::int32_t> counts;
  RdKafka::Metadata* answer = nullptr;
  const RdKafka::ErrorCode code = client.metadata(true, nullptr, &answer, kRequestMs);
  const std::unique_ptr<RdKafka::Metadata> metadata(answer);
  if (code != RdKafka::ERR_NO_ERROR) {
    error = RdKafka::err2str(code);
    return counts;
  }
  for (const RdKafka::TopicMetadata* const topic : *metadata->topics()) {
    if (topic->err() == RdKafka::ERR_NO_ERROR)
      counts[topic->topic()] = static_cast<std::int32_t>(topic->partitions()->size());
  }
  return counts;
}

bool Changelog::Ensure(RdKafka::Handle& client, const std::vector<Partition>& partitions) {
  std::int32_t wanted = 1;
  for (const Partition& partition : partitions) wanted = std::max(wanted, partition.number + 1);
  while (partitions_ < wanted && goes_on_()) {
    std::string error;
    const auto counts = CountPartitions(client, error);
    for (const Partition& partition : partitions) {
      if (const auto known = counts.find(partition.topic); known != counts.end())
        wanted = std::max(wanted, known->second);
    }
    const auto own = counts.find(options_.changelog_topic());
    if (own != counts.end()) partitions_ = own->second;
    if (error.empty() && own == counts.end()) {
      error = MakeTopic(client.c_ptr(), options_.changelog_topic(), wanted,
                        static_cast<int>(options_.changelog_replication));
    } else if (error.empty() && partitions_ < wanted) {
      error = WidenTopic(client.c_ptr(), options_.changelog_topic(), wanted);
    }
    if (!error.empty()) {
      notify_({logging::LogLevel::kError, "cannot prepare the topic of the state", options_.changelog_topic(),
               error + "; it needs " + std::to_string(wanted) + " partitions and cleanup.policy=compact"});
    }
    if (partitions_ < wanted) std::this_thread::sleep_for(error.empty() ? std::chrono::milliseconds(100) : kRetry);
  }
  return partitions_ >= wanted;
}

/// Where the partitions end now, with what is not committed yet.
std::optional<std::map<std::int32_t, std::int64_t>> Changelog::Ends(const std::vector<std::int32_t>& numbers) {
  std::map<std::int32_t, std::int64_t> ends;
  std::string error;
  const auto probe = MakeReader(options_, ClientRole::kProbe, error);
  while (probe && goes_on_() && ends.size() < numbers.size()) {
    for (const std::int32_t number : numbers) {
      std::int64_t low = 0, high = 0;
      if (ends.contains(number) || !goes_on_()) continue;
      const auto code = probe->query_watermark_offsets(options_.changelog_topic(), number, &low, &high, kRequestMs);
      if (code == RdKafka::ERR_NO_ERROR) ends[number] = high > low ? high : 0;
    }
    if (ends.size() < numbers.size()) std::this_thread::sleep_for(kRetry);
  }
  if (ends.size() < numbers.size()) return std::nullopt;
  return ends;
}

std::optional<std::map<std::int32_t, ChangelogReader>> Changelog::Read(const std::vector<Partition>& partitions) {
  std::set<std::int32_t> numbers;
  for (const Partition& partition : partitions) numbers.insert(partition.number);
  auto ends = Ends({numbers.begin(), numbers.end()});
  if (!ends) return std::nullopt;
  std::map<std::int32_t, ChangelogReader> readers;
  for (const std::int32_t number : numbers) readers[number];
  std::erase_if(*ends, [](const auto& end) { return end.second == 0; });
  if (!ends->empty() && !ReadTo(*ends, readers)) return std::nullopt;
  return readers;
}

bool Changelog::ReadTo(const std::map<std::int32_t, std::int64_t>& ends,
                       std::map<std::int32_t, ChangelogReader>& into) {
  std::string error;
  const auto reader = MakeReader(options_, ClientRole::kReader, error);
  if (!reader) return false;
  std::vector<std::unique_ptr<RdKafka::TopicPartition>> owned;
  std::vector<RdKafka::TopicPartition*> places;
  for (const auto& [number, end] : ends) {
    owned.emplace_back(
        RdKafka::TopicPartition::create(options_.changelog_topic(), number, RdKafka::Topic::OFFSET_BEGINNING));
    places.push_back(owned.back().get());
  }
  reader->assign(places);
  std::set<std::int32_t> left;
  for (const auto& [number, end] : ends) left.insert(number);
  while (!left.empty() && goes_on_()) {
    const std::unique_ptr<RdKafka::Message> message(reader->consume(200));
    const std::int32_t number = message->partition();
    if (message->err() == RdKafka::ERR__PARTITION_EOF) {
      // Short of its end there is a transaction whose outcome is not known yet.
      if (message->offset() >= ends.at(number)) left.erase(number);
    } else if (message->err() == RdKafka::ERR_NO_ERROR && left.contains(number)) {
      const auto* const value = static_cast<const char*>(message->payload());
      into[number].Take({static_cast<const char*>(message->key_pointer()), message->key_len()},
                        value == nullptr ? std::nullopt : std::optional(std::string_view(value, message->len())));
      if (message->offset() + 1 >= ends.at(number)) left.erase(number);
    }
  }
  reader->close();
  return left.empty();
}

}  // namespace lossd::sources
