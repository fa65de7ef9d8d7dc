// The daemon's memory on disk: one file that is whole or absent, whatever happens while it is written.
//
// Layout, integers little-endian: 8 bytes "lossdsta"; u32 version; u32 CRC-32 (as in zlib) of the version and the body;
// u64 length of the body; the body.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/state_codec.h"

namespace lossd::state {

/// What StateFile needs of the system; a seam for faults.
class StateDisk {
 public:
  virtual ~StateDisk() = default;
  virtual boost::system::result<std::string, std::error_code> Read(const std::string& path) = 0;
  /// Creates or replaces the file, with `bytes` in it and on the disk (fsync) when it returns without an error.
  virtual std::error_code Write(const std::string& path, std::string_view bytes) = 0;
  /// Atomic; on the disk (fsync of the directory) when it returns without an error.
  virtual std::error_code Rename(const std::string& from, const std::string& to) = 0;
  virtual bool Exists(const std::string& path) = 0;
};

class PosixStateDisk : public StateDisk {
 public:
  boost::system::result<std::string, std::error_code> Read(const std::string& path) override;
  std::error_code Write(const std::string& path, std::string_view bytes) override;
  std::error_code Rename(const std::string& from, const std::string& to) override;
  bool Exists(const std::string& path) override;
};

enum class StateOutcome : std::uint8_t {
  kLoaded,
  kAbsent,      ///< the first start
  kUnreadable,  ///< the system gives an error; left where it is
  kDamaged,     ///< set aside: cut short, or its checksum is wrong
  kForeign,     ///< set aside: not a file of ours, or of an earlier version of lossd
  kNewer,       ///< set aside: of a later version of lossd
};
/// Names are values of the label `outcome`: "loaded", "absent", "unreadable", "damaged", "foreign", "newer".
std::string_view Name(StateOutcome outcome);

struct LoadedState {
  StateOutcome outcome = StateOutcome::kAbsent;
  std::string body;     ///< where it was loaded
  std::string message;  ///< for the operator, where something is wrong: what, and where the file is now
};

/// `state` in the directory of --storage.path. Not thread-safe.
class StateFile {
 public:
  static constexpr std::uint32_t kVersion = core::kStateVersion;
  static constexpr int kMostSetAside = 5;

  /// `disk` must outlive this.
  StateFile(StateDisk& disk, std::string directory);

  /// A file that is no state of ours is renamed to state.damaged-1 (or -2, ... up to kMostSetAside, which is replaced),
  /// never read again and never deleted.
  LoadedState Load();
  /// For a body that the checksum holds for and that makes no sense all the same.
  LoadedState SetAside(const std::string& reason);
  /// `body` in pieces of any size. Written to a temporary file, fsynced, renamed, the directory fsynced. On an error
  /// the last state stays as it was.
  std::error_code Save(std::vector<std::string> body);

  const std::string& path() const { return path_; }

 private:
  LoadedState SetAside(StateOutcome outcome, const std::string& reason);

  StateDisk& disk_;
  std::string path_;
};

}  // namespace lossd::state
