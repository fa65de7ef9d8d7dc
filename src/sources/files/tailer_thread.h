// Follows files on a thread of its own: a read that hangs (a network file system whose server is gone) must not keep a
// scrape waiting.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/sample.h"
#include "os/file_system.h"
#include "os/posix_file_system.h"
#include "sources/files/file_position.h"
#include "sources/files/tailer.h"

namespace lossd::sources {

struct TailerThreadOptions {
  std::size_t turns_in_flight = 4;  ///< handed over and not yet Done: how far reading may run ahead of the trackers
  /// Read as soon as they have something (a child that writes to a full pipe stands still), until they end.
  std::vector<os::InputStream> streams;
  bool use_inotify = true;  ///< false: polling alone
  std::chrono::nanoseconds shortest_wait =
      std::chrono::milliseconds(5);  ///< between two polls, however much the kernel has to tell
};

/// What the metrics say about following. Figures of inotify are of this process.
struct TailerReport {
  TailerStats stats;
  std::vector<FileStats> files;
  std::size_t watched_directories = 0, refused_watches = 0;
  std::uint64_t watch_overflows = 0;
};

/// All methods are for the thread that made it. The callback runs on the tailer's thread: post from there, and call
/// Done when the turn has been taken.
class TailerThread {
 public:
  using Turn = Tailer::Turn;
  using Deliver = std::function<void(Turn)>;
  using ReadClock = std::function<core::Instant()>;

  /// Starts at once. `now` is called on the tailer's thread.
  TailerThread(std::unique_ptr<os::FileSystem> files, std::vector<SourceOptions> sources, TailerOptions follow,
               std::vector<FilePosition> restored, ReadClock now, Deliver deliver, TailerThreadOptions options = {});
  /// Abandons the thread where it has not ended: it delivers nothing any more and ends with its next return from the
  /// file system.
  ~TailerThread();
  TailerThread(const TailerThread&) = delete;
  TailerThread& operator=(const TailerThread&) = delete;

  /// One turn has been dealt with.
  void Done();

  /// Follows other sources from now on. Files that are followed before and after keep their place and their job's name;
  /// counters go on.
  void Reconfigure(std::vector<SourceOptions> sources, TailerOptions follow);

  /// Reads what is there by now, then ends and calls `stopped` on the tailer's thread, behind the last turn. With
  /// kUse unterminated last lines count, too. Gives up reading, not the last lines, `deadline` from now. Turns still
  /// need their Done meanwhile.
  void Stop(Tailer::LastLine last_line, std::chrono::nanoseconds deadline, std::function<void()> stopped);

  /// The newest report; a fresh one is made after a turn that brought something, at a bounded cost.
  std::shared_ptr<const TailerReport> report() const;
  /// When the thread last began to look, on the steady clock of Instant. Long ago, with room for turns: it hangs in the
  /// file system.
  std::chrono::nanoseconds last_round() const;

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  ///< shared with the thread, which may outlive us in a system call
};

}  // namespace lossd::sources
