// The records of TensorBoard's event files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::readers {

struct EventScalar {
  std::string tag;
  double value = 0;
};

struct Event {
  double wall_time = 0;  ///< seconds since 1970
  std::int64_t step = 0;
  std::vector<EventScalar> scalars;
};

/// Fills `event` from a protobuf message. Text, images and histograms give no scalar. False, and `event` is empty,
/// where the message is malformed.
bool ParseEvent(std::string_view message, Event& event);

}  // namespace lossd::readers
