#include "app/parts.h"

#include "push/native/native_protocol.h"

namespace lossd::app {

Parts MakeParts() {
  Parts parts;
  parts.protocols.push_back(std::make_unique<push::NativeProtocol>());
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
  return readers;
}

}  // namespace lossd::app
