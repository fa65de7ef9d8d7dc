#include "sources/kafka/kafka_config.h"

#include <re2/re2.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "config/yaml/http_client_section.h"
#include "sources/kafka/client_properties.h"
#include "sources/reader_keys.h"

namespace lossd::sources {
namespace {

constexpr std::size_t kLongestTopic = 249;

std::string CheckBroker(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const bool good = colon != std::string::npos && colon > 0 && colon + 1 < text.size() &&
                    std::ranges::all_of(text.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; });
  return good ? "" : "not of the form host:port";
}

std::string CheckTopic(const std::string& name) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  };
  if (name.empty() || name.size() > kLongestTopic || name == "." || name == "..") return "no name of a topic";
  return std::ranges::all_of(name, legal) ? "" : "no name of a topic: letters, digits, '.', '_' and '-'";
}

std::string CheckTopicOrPattern(const std::string& text) {
  if (!text.starts_with('^')) return CheckTopic(text);
  const RE2 pattern(text, RE2::Quiet);
  return pattern.ok() ? "" : "no regular expression: " + pattern.error();
}

/// `{hostname}` is the host's name: of a pod of a StatefulSet the same whenever it comes back.
void FillInHost(std::string& text) {
  constexpr std::string_view kHost = "{hostname}";
  std::array<char, 256> name{};
  const std::size_t at = text.find(kHost);
  if (at == std::string::npos || ::gethostname(name.data(), name.size() - 1) != 0) return;
  text.replace(at, kHost.size(), name.data());
}

std::string CheckGroup(const std::string& name) { return name.empty() ? "empty" : ""; }

void ReadSecurity(config::YamlSection& kafka, KafkaOptions& options) {
  static const std::vector<std::string> kProtocols = {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"};
  std::size_t protocol = 0;
  kafka.Choice("security_protocol", protocol, kProtocols);
  options.security_protocol = kProtocols[protocol];
  kafka.Section("tls_config", [&](config::YamlSection& tls) {
    config::ReadCertificates(tls, options.ca_file, options.cert_file, options.key_file);
    tls.Flag("insecure_skip_verify", options.insecure_skip_verify);
  });
  kafka.Section("sasl", [&](config::YamlSection& sasl) {
    static const std::vector<std::string> kMechanisms = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
    std::size_t mechanism = 0;
    sasl.Choice("mechanism", mechanism, kMechanisms);
    options.sasl_mechanism = kMechanisms[mechanism];
    sasl.Text("username", options.username);
    sasl.Text("password", options.password);
    sasl.Text("password_file", options.password_file);
    if (!options.password.empty() && !options.password_file.empty())
      sasl.Fail("password_file", "given together with password");
    if (protocol >= 2 && options.username.empty()) sasl.Fail("username", "missing");
  });
}

void ReadClient(config::YamlSection& kafka, KafkaOptions& options) {
  kafka.Time("session_timeout", options.session_timeout, std::chrono::seconds(1), std::chrono::minutes(30));
  kafka.Size("max_record_bytes", options.max_record_bytes, 1024, 64 << 20);
  ReadSecurity(kafka, options);
  kafka.Map("properties", options.properties, [](const std::string& name) { return name.empty() ? "empty" : ""; });
  for (const auto& [name, value] : options.properties) {
    const std::string reason = CheckProperty(name, value);
    if (!reason.empty()) kafka.Fail("properties", name + ": " + reason);
  }
}

}  // namespace

void ReadKafka(config::YamlSection& document, KafkaOptions& options) {
  document.Section("kafka", [&](config::YamlSection& kafka) {
    kafka.Texts("brokers", options.brokers, CheckBroker);
    kafka.Texts("topics", options.topics, CheckTopicOrPattern);
    kafka.Text("group", options.group, CheckGroup);
    kafka.Text("client_id", options.client_id);
    kafka.Text("group_instance_id", options.instance);
    FillInHost(options.instance);
    static const std::vector<std::string> kFormats = {"auto", "samples", "otlp", "logs"};
    std::size_t format = 0;
    kafka.Choice("format", format, kFormats);
    options.format = static_cast<RecordFormat>(format);
    kafka.Map("labels", options.labels, config::CheckAddedLabel);
    kafka.Text("otlp_job_attribute", options.otlp_job_attribute);
    kafka.Section("logs", [&](config::YamlSection& logs) { ReadKeys(logs, options.reader); });
    kafka.Section("changelog", [&](config::YamlSection& changelog) {
      changelog.Text("topic", options.changelog,
                     [](const std::string& name) { return name.empty() ? std::string() : CheckTopic(name); });
      changelog.Count("replication", options.changelog_replication, 0, 100);
      changelog.Time("commit_interval", options.commit_interval, std::chrono::milliseconds(100),
                     std::chrono::minutes(10));
    });
    ReadClient(kafka, options);
    if (options.brokers.empty() != options.topics.empty())
      kafka.Fail(options.brokers.empty() ? "brokers" : "topics", "brokers and topics come together");
    if (std::ranges::find(options.topics, options.changelog_topic()) != options.topics.end())
      kafka.Fail("topics", "the changelog cannot be read as a topic of samples");
  });
}

}  // namespace lossd::sources
