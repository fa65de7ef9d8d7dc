// A gzip file, read as the file that was compressed.
#pragma once

#include <cstdint>
#include <memory>

#include "os/file_system.h"

namespace lossd::os {

/// What becomes of a file that is cut short or damaged.
enum class GzipDamage : std::uint8_t {
  kEndsFile,  ///< it ends where the damage begins
  kFails,     ///< the same, but the read that finds that end fails, with a message that says so
};

/// Offsets are those of the uncompressed bytes. Reading forward costs what it decompresses; the first kilobyte can be
/// read again at any time, and so can what was given last; any other step back starts over. What follows the last
/// member and is none is ignored, as gzip does. Status is of the compressed file.
std::unique_ptr<ReadableFile> OpenGzip(std::unique_ptr<ReadableFile> compressed,
                                       GzipDamage damage = GzipDamage::kEndsFile);

}  // namespace lossd::os
