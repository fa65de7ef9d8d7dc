#include "app/parts.h"

#include "push/mlflow/mlflow_protocol.h"
#include "push/native/native_protocol.h"
#include "push/otlp/otlp_protocol.h"
#include "push/pushgateway/pushgateway_protocol.h"
#include "push/trainjob/trainjob_protocol.h"
#include "sources/scrape/scrape_source.h"
#ifdef LOSSD_KAFKA
#include "sources/kafka/kafka_source.h"
#endif

namespace lossd::app {

Parts MakeParts() {
  Parts parts;
  parts.protocols.push_back(std::make_unique<push::NativeProtocol>());
  parts.protocols.push_back(std::make_unique<push::PushgatewayProtocol>());
  parts.protocols.push_back(std::make_unique<push::OtlpProtocol>());
  parts.protocols.push_back(std::make_unique<push::MlflowProtocol>());
  parts.protocols.push_back(std::make_unique<push::TrainjobProtocol>());
  parts.sources.push_back(std::make_unique<sources::ScrapeSource>());
#ifdef LOSSD_KAFKA
  parts.sources.push_back(std::make_unique<sources::KafkaSource>());
#endif
  return parts;
}

config::ConfigReaders ConfigReadersOf(const Parts& parts) {
  config::ConfigReaders readers;
  for (const auto& protocol : parts.protocols) {
    readers.push_back([&part = *protocol](config::YamlSection& document) { part.ReadConfig(document); });
  }
  for (const auto& source : parts.sources) {
    readers.push_back([&part = *source](config::YamlSection& document) { part.ReadConfig(document); });
  }
  readers.push_back([&part = *parts.remote_write](config::YamlSection& document) { part.ReadConfig(document); });
  return readers;
}

}  // namespace lossd::app
