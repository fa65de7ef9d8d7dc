// What every fuzz target uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace lossd::fuzz {

/// Ends the run with the input at hand as a find where `condition` does not hold.
inline void Require(bool condition) {
  if (!condition) std::abort();
}

inline std::string Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace lossd::fuzz
