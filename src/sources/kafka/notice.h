// What happens at the broker that an operator would want a log line for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "logging/log.h"

namespace lossd::sources {

struct KafkaNotice {
  logging::LogLevel level = logging::LogLevel::kInfo;
  std::string message;
  std::string about;   ///< a topic, a partition, a group: messages about the same are limited together
  std::string detail;  ///< "": none
};
/// May be called on any thread.
using NoticeHandler = std::function<void(KafkaNotice)>;

}  // namespace lossd::sources
