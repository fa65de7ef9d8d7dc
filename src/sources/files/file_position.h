// Where in a file we are, in a form that survives the process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/state_codec.h"
#include "records/sample_fingerprints.h"

namespace lossd::sources {

/// What a file is, beyond its name: (device, inode), which is reused when a file is deleted, together with its bytes,
/// which may be equal in two files. Neither alone is trusted.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// A hash over the first bytes of a file and one over the bytes just before our offset. The head grows with the file up
/// to kHeadBytes; the tail sees a file that was truncated and has grown past the old offset again behind an equal head.
struct ContentSignature {
  static constexpr std::size_t kHeadBytes = 1024;
  static constexpr std::size_t kTailBytes = 64;

  std::uint64_t head_bytes = 0;
  std::uint64_t head_hash = 0;
  std::uint64_t tail_bytes = 0;
  std::uint64_t tail_hash = 0;
  bool operator==(const ContentSignature&) const = default;
};

/// All that is needed to go on reading a file where we stopped. Whoever keeps trackers saves it together with them.
struct FilePosition {
  std::string path;  ///< the name that it was last known by
  std::string
      real_path;  ///< the same without symbolic links: where a file is when a link that led to it leads elsewhere
  std::string job;
  FileIdentity identity;
  std::uint64_t offset = 0;      ///< the end of the last line consumed; what follows has given no sample yet
  std::uint64_t size = 0;        ///< when last looked at
  std::int64_t modified_ns = 0;  ///< as of the last read
  ContentSignature signature;    ///< its tail ends at `offset`
  bool complete = false;         ///< read to its end after it had left its path: nothing is to be looked for
  std::string primer;  ///< lines (a CSV header) of an earlier generation that the reader needs to understand this one
  records::SampleFingerprints
      fingerprints;  ///< what the file has told, where it is one that is rewritten whole: see RewriteDeduplicator
  bool operator==(const FilePosition&) const = default;

  void Save(core::StateWriter& out) const;
  /// False, and an undefined value, where `in` holds something else.
  bool Load(core::StateReader& in);
};

}  // namespace lossd::sources
