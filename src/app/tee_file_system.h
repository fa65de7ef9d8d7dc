// Standard input, followed and passed through at once: `train.py | lossd - --tee | less`.
#pragma once

#include <memory>

#include "ingest/file_system.h"

namespace lossd::app {

/// Another file system, of which every byte read from standard input is also written to `descriptor`, unchanged and in
/// order. Writing blocks where the reader behind it does not keep up, which slows reading down with it; once writing
/// fails (nobody reads any more), it stops, and reading goes on.
class TeeFileSystem : public ingest::FileSystem {
 public:
  TeeFileSystem(std::unique_ptr<ingest::FileSystem> files, int descriptor);

  ingest::FileResult<ingest::FileStatus> Status(const std::string& path) override;
  ingest::FileResult<std::unique_ptr<ingest::ReadableFile>> Open(const std::string& path) override;
  ingest::FileResult<std::vector<ingest::DirectoryEntry>> List(const std::string& directory) override;

 private:
  std::unique_ptr<ingest::FileSystem> files_;
  int descriptor_;
};

}  // namespace lossd::app
