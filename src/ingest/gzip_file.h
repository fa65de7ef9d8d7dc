// A gzip file, read as the file that was compressed.
#pragma once

#include <memory>

#include "ingest/file_system.h"

namespace lossd::ingest {

/// Offsets are those of the uncompressed bytes. Reading forward costs what it decompresses; the first kilobyte can be
/// read again at any time, and so can what was given last; any other step back starts over. Damaged data end the file
/// where the damage begins. Status is of the compressed file.
std::unique_ptr<ReadableFile> OpenGzip(std::unique_ptr<ReadableFile> compressed);

}  // namespace lossd::ingest
