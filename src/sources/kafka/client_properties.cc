#include "sources/kafka/client_properties.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>

namespace lossd::sources {
namespace {

/// What the protocol of hand-over rests on is not to be changed.
constexpr std::string_view kOwn[] = {
    "bootstrap.servers", "metadata.broker.list", "group.id",           "group.instance.id",
    "client.id",         "enable.auto.commit",   "isolation.level",    "enable.auto.offset.store",
    "transactional.id",  "enable.idempotence",   "session.timeout.ms", "partition.assignment.strategy",
    "security.protocol", "enable.partition.eof",
};

std::string Join(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : ",") + item;
  return text;
}

std::string Milliseconds(std::chrono::nanoseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

void AddSecurity(const KafkaOptions& options, Properties& out) {
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) out.emplace_back(name, value);
  };
  add("security.protocol", options.security_protocol);
  if (options.security_protocol.ends_with("ssl")) {
    add("ssl.ca.location", options.ca_file);
    add("ssl.certificate.location", options.cert_file);
    add("ssl.key.location", options.key_file);
    if (options.insecure_skip_verify) {
      add("enable.ssl.certificate.verification", "false");
      add("ssl.endpoint.identification.algorithm", "none");
    } else {
      add("ssl.endpoint.identification.algorithm", "https");
    }
  }
  if (options.security_protocol.starts_with("sasl")) {
    add("sasl.mechanism", options.sasl_mechanism);
    add("sasl.username", options.username);
    add("sasl.password", options.password_file.empty() ? options.password : FirstLine(options.password_file));
  }
}

void AddMember(const KafkaOptions& options, Properties& out) {
  out.insert(out.end(), {{"group.id", options.group},
                         {"enable.auto.commit", "false"},
                         {"enable.auto.offset.store", "false"},
                         {"auto.offset.reset", "earliest"},
                         {"isolation.level", "read_committed"},
                         {"partition.assignment.strategy", "cooperative-sticky"},
                         {"session.timeout.ms", Milliseconds(options.session_timeout)},
                         {"heartbeat.interval.ms", Milliseconds(std::min<std::chrono::nanoseconds>(
                                                       options.session_timeout / 4, std::chrono::seconds(3)))},
                         {"topic.metadata.refresh.interval.ms", "30000"},
                         // Up to 2.1, librdkafka fetches nothing for a second once one of these is reached: what is
                         // queued has to last for longer than that.
                         {"queued.min.messages", "500000"},
                         {"queued.max.messages.kbytes", "65536"}});
  if (!options.instance.empty()) out.emplace_back("group.instance.id", options.instance);
}

void AddProducer(const std::string& transactional_id, Properties& out) {
  out.insert(out.end(), {{"transactional.id", transactional_id},
                         // What a member that was killed leaves open holds up its successor for so long.
                         {"transaction.timeout.ms", "10000"},
                         {"compression.type", "lz4"},
                         {"linger.ms", "5"},
                         {"queue.buffering.max.messages", "1000000"}});
}

}  // namespace

Properties PropertiesOf(const KafkaOptions& options, ClientRole role, const std::string& transactional_id) {
  Properties out = {{"bootstrap.servers", Join(options.brokers)},
                    {"client.id", options.client_id},
                    {"reconnect.backoff.max.ms", "2000"}};
  AddSecurity(options, out);
  switch (role) {
    case ClientRole::kMember:
      AddMember(options, out);
      break;
    case ClientRole::kProducer:
      AddProducer(transactional_id, out);
      break;
    case ClientRole::kReader:
      out.insert(out.end(), {{"group.id", options.group + "-restore"},
                             {"enable.auto.commit", "false"},
                             {"enable.partition.eof", "true"},
                             {"auto.offset.reset", "earliest"},
                             {"fetch.wait.max.ms", "50"},
                             {"isolation.level", "read_committed"}});
      break;
    case ClientRole::kProbe:
      out.insert(out.end(), {{"group.id", options.group + "-restore"},
                             {"enable.auto.commit", "false"},
                             {"isolation.level", "read_uncommitted"}});
      break;
  }
  std::ranges::copy(options.properties, std::back_inserter(out));
  return out;
}

std::string CheckProperty(const std::string& name, const std::string& value) {
  if (std::ranges::find(kOwn, name) != std::end(kOwn)) return "lossd sets it itself";
  std::string error;
  return MakeConf({{name, value}}, error) ? "" : error;
}

std::unique_ptr<RdKafka::Conf> MakeConf(const Properties& properties, std::string& error) {
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  for (const auto& [name, value] : properties) {
    if (conf->set(name, value, error) != RdKafka::Conf::CONF_OK) return nullptr;
  }
  return conf;
}

}  // namespace lossd::sources
