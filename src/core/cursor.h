// How far a source has come, in a form that survives the process.
#pragma once

#include <string>

namespace lossd::core {

/// Saved together with the trackers that its samples went into: neither is of use without the other. Only the source
/// knows what the bytes mean.
struct Cursor {
  std::string source;  ///< Source::name
  std::string key;     ///< what it is the place in: a file, a partition. One cursor a key, the newest
  std::string value;
  bool operator==(const Cursor&) const = default;
};

}  // namespace lossd::core
