// The earlier generations of a rotated log, as they lie beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "os/file_system.h"
#include "sources/files/file_position.h"

namespace lossd::sources {

struct RotatedFile {
  std::string path;
  os::FileStatus status;
  bool compressed = false;  ///< .gz
};

/// Regular files in the directory of `path` that carry its name with a rotation suffix (log.1, log.2.gz, log-20260131,
/// log.2026-01-31) or with one before its extension (train-20260131.log), oldest first: by the time of their last
/// change, then by number, the higher being the older. At most 1000 names
/// are looked at. A directory that is not there holds none; where it, or a file in it, cannot be looked at, there is an
/// error: what is not seen now may be there all the same.
os::FileResult<std::vector<RotatedFile>> FindRotatedFiles(os::FileSystem& files, const std::string& path);

/// Opens one for reading; a compressed one as what was compressed.
os::FileResult<std::unique_ptr<os::ReadableFile>> OpenRotated(os::FileSystem& files, const RotatedFile& file);

/// Whether the file lies neither at its path nor rotated beside it. Age alone would not do: a clock that is set forward
/// makes every file old.
bool IsGone(os::FileSystem& files, const FilePosition& position);

}  // namespace lossd::sources
