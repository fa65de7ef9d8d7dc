// What the section `kafka` of the configuration says.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/sample.h"
#include "records/reader_options.h"

namespace lossd::sources {

/// What the values of records are.
enum class RecordFormat : std::uint8_t {
  kAuto,     ///< each by its own first bytes
  kSamples,  ///< native samples: an object, an array, or one object a line
  kOtlp,     ///< OTLP metrics, protobuf or JSON
  kLogs,     ///< lines of logs, raw or in the JSON of a log shipper
};

struct KafkaOptions {
  std::vector<std::string> brokers;  ///< host:port; none: nothing is fetched
  std::vector<std::string> topics;   ///< one that begins with ^ is a pattern
  std::string group = "lossd";
  std::string client_id = "lossd";
  std::string instance;  ///< group.instance.id; "": the member leaves with its process
  RecordFormat format = RecordFormat::kAuto;
  core::Labels labels;  ///< given to every job
  records::ReaderOptions reader;
  std::string otlp_job_attribute = "service.name";
  std::string changelog;                  ///< topic of the state; "": the group's name and `-lossd-state`
  std::size_t changelog_replication = 0;  ///< of a changelog that is made; 0: as the broker has it
  std::chrono::nanoseconds commit_interval = std::chrono::seconds(5);
  std::chrono::nanoseconds session_timeout = std::chrono::seconds(45);
  std::size_t max_record_bytes = 1 << 20;
  std::string security_protocol = "plaintext";
  std::string ca_file, cert_file, key_file;
  bool insecure_skip_verify = false;
  std::string sasl_mechanism = "PLAIN", username, password, password_file;
  core::Labels properties;  ///< of librdkafka, as they are

  std::string changelog_topic() const { return changelog.empty() ? group + "-lossd-state" : changelog; }
  bool operator==(const KafkaOptions&) const = default;
};

}  // namespace lossd::sources
