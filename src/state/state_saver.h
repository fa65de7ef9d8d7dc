// Saves the daemon's state on a schedule and at the end, without holding up its thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/job_table.h"
#include "logging/log.h"
#include "sources/files/file_position.h"
#include "state/state_file.h"

namespace lossd::state {

/// All methods are for the thread of the io_context. The disk, which may be slow or hang, is written to on another one.
class StateSaver {
 public:
  /// `io` and `log` must outlive this. The directory is made where it is missing.
  StateSaver(const std::string& directory, std::chrono::nanoseconds interval, boost::asio::io_context& io,
             logging::Log& log);

  ~StateSaver();

  /// Takes the directory for this process alone, until it ends. False, with the reason logged, where another lossd has
  /// it; a directory that cannot be written is only warned of, for it may be mended while we run.
  bool Lock();

  /// Fills `jobs` with what was saved and returns where each file stood. Nothing where there is no usable state; why is
  /// logged.
  std::vector<sources::FilePosition> Restore(core::JobTable& jobs, core::Instant now);

  /// Where a followed file stands now that its samples were taken; a file that will not be read again.
  void Note(std::uint64_t file, const sources::FilePosition& position);
  void Forget(std::uint64_t file) { positions_.erase(file); }

  /// Begins a save where the interval has passed and none is under way.
  void Tick(const core::JobTable& jobs, core::Instant now);
  /// Saves and waits for it: the process ends. Call once, last.
  void SaveNow(const core::JobTable& jobs, core::Instant now);

  /// Of Restore; kAbsent before it.
  StateOutcome load_outcome() const { return load_outcome_; }
  bool saving() const { return saving_; }  ///< a save has begun and its outcome is not yet counted
  std::uint64_t saves() const { return saves_; }
  std::uint64_t failures() const { return failures_; }

 private:
  std::vector<sources::FilePosition> Positions() const;
  void Count(std::error_code error);

  std::string directory_;
  int lock_ = -1;  ///< descriptor that holds the directory
  std::chrono::nanoseconds interval_, last_save_{0}, restored_at_{0};
  boost::asio::io_context& io_;
  logging::Log& log_;
  PosixStateDisk disk_;
  StateFile file_;  // of the writer while a save is under way
  std::map<std::uint64_t, sources::FilePosition> positions_;
  /// Restored, and not yet met again: a file system may come back late. By what the file is.
  std::map<sources::FileIdentity, sources::FilePosition> unclaimed_;
  StateOutcome load_outcome_ = StateOutcome::kAbsent;
  bool saving_ = false;
  std::error_code last_error_;
  std::uint64_t saves_ = 0, failures_ = 0;
  boost::asio::thread_pool writer_{1};
};

}  // namespace lossd::state
