// What the configuration holds, key by key.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lossd::config {

/// What a key of the configuration takes.
struct ConfigKey {
  enum class Type : std::uint8_t { kText, kFlag, kCount, kNumber, kSize, kTime, kChoice, kTexts, kCounts, kMap, kList };
  Type type = Type::kText;
  std::string fallback;                   ///< the default, as it would be written
  double min = 0, max = 0;                ///< kCount, kNumber, kCounts
  std::vector<std::string> choices = {};  ///< kChoice
};

}  // namespace lossd::config
