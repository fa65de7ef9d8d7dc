// Saves the daemon's state on a schedule and at the end, without holding up its thread.
#pragma once

#include <prometheus/collectable.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/cursor.h"
#include "core/job_table.h"
#include "core/state_codec.h"
#include "logging/log.h"
#include "state/saved_state.h"
#include "state/state_file.h"

namespace lossd::state {

/// All methods are for the thread of the io_context. The disk, which may be slow or hang, is written to on another one.
class StateSaver : public prometheus::Collectable {
 public:
  /// `io` and `log` must outlive this. The directory is made where it is missing.
  StateSaver(const std::string& directory, std::chrono::nanoseconds interval, boost::asio::io_context& io,
             logging::Log& log);

  ~StateSaver() override;

  /// Takes the directory for this process alone, until it ends. False, with the reason logged, where another lossd has
  /// it; a directory that cannot be written is only warned of, for it may be mended while we run.
  bool Lock();

  /// Fills `jobs` with what was saved and returns how far each source had come. Nothing where there is no usable state;
  /// why is logged.
  std::vector<core::Cursor> Restore(core::JobTable& jobs, core::Instant now);

  /// How far a source has come now that its samples were taken; what will not be read again.
  void SaveCursor(const std::string& source, const std::string& key, std::string value);
  void ForgetCursor(const std::string& source, const std::string& key) { cursors_.erase({source, key}); }

  /// Begins a save where the interval has passed and none is under way: in turns of a few milliseconds of the
  /// io_context's thread, with what the table and the cursors are at this moment. `jobs` must outlive the save.
  void Tick(core::JobTable& jobs, core::Instant now);
  /// Saves and waits for it: the process ends. Call once, last.
  void SaveNow(core::JobTable& jobs, core::Instant now);

  /// Of Restore; kAbsent before it.
  StateOutcome load_outcome() const { return load_outcome_; }
  bool saving() const { return saving_; }  ///< a save has begun and its outcome is not yet counted
  std::uint64_t saves() const { return saves_; }
  std::uint64_t failures() const { return failures_; }
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  using Cursors = std::map<std::pair<std::string, std::string>, std::string>;  ///< by source and key

  std::vector<core::Cursor> AllCursors() const;
  void EncodeMore(core::JobTable& jobs);
  void Write();
  void Count(std::error_code error);

  std::string directory_;
  int lock_ = -1;  ///< descriptor that holds the directory
  std::chrono::nanoseconds interval_, last_save_{0}, restored_at_{0};
  boost::asio::io_context& io_;
  logging::Log& log_;
  PosixStateDisk disk_;
  StateFile file_;  // of the writer while a save is under way
  Cursors cursors_;
  Cursors unclaimed_;  ///< restored, and not yet saved anew: a file system may come back late
  StateOutcome load_outcome_ = StateOutcome::kAbsent;
  bool saving_ = false;
  bool encoding_ = false;  ///< the save is not yet with the writer
  core::StateWriter encoded_;
  std::vector<std::string> pieces_;  ///< what was encoded in earlier turns
  std::error_code last_error_;
  std::uint64_t saves_ = 0, failures_ = 0;
  boost::asio::thread_pool writer_{1};
};

}  // namespace lossd::state
