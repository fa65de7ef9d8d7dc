// The records of TensorBoard's event files.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace lossd::ingest {

struct EventScalar {
  std::string_view tag;
  double value = 0;
};

/// One Event message. Views point into the message.
struct Event {
  double wall_time = 0;  ///< seconds since 1970
  std::int64_t step = 0;
  std::vector<EventScalar> scalars;
};

/// Fills `event` from a protobuf message. Text, images and histograms give no scalar; fields that are malformed are
/// left out.
void ParseEvent(std::string_view message, Event& event);

/// The masked CRC-32C that guards lengths and records.
std::uint32_t MaskedCrc32c(std::string_view bytes);

}  // namespace lossd::ingest
