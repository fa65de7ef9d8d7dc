// Passes what a training command writes on to where it should go, with a copy for the daemon, and survives either.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lossd::cli {

/// One stream: bytes come from `source` and go to `target` (-1: nowhere).
struct PumpedStream {
  int source = -1;
  int target = -1;
  int copy = -1;  ///< write end of a pipe, without blocking; -1: no copy is wanted
};

/// To be made before a fork. Whichever of the two processes is left can go on with the pump where the other one was
/// killed: bytes that were read and not yet written lie in memory that both share. Only one of them may pump at a time.
/// No byte is lost, but for 0xff at the end of what was being read; a kill right behind a write repeats 4 KiB at most.
///
/// A target or a copy whose reader has gone is given up, and the rest goes on. A daemon that is slow slows the pump
/// down, as a pipe does; one that takes nothing at all for `kPatience` gets nothing more until it reads again.
class OutputPump {
 public:
  static constexpr std::size_t kChunk = 64 * 1024;
  static constexpr std::size_t kBacklog = 4 << 20;  ///< of the copy, for each stream
  static constexpr std::chrono::seconds kPatience{5};

  explicit OutputPump(std::vector<PumpedStream> streams);
  ~OutputPump();
  OutputPump(const OutputPump&) = delete;
  OutputPump& operator=(const OutputPump&) = delete;

  /// Appends what to wait for.
  void AddTo(std::vector<pollfd>& waiting) const;
  /// Does what can be done without waiting. `now` on the steady clock.
  void Turn(std::chrono::nanoseconds now);
  /// Until every stream has ended.
  void RunToEnd();
  /// Every source has ended and everything was written; copies may still be under way.
  bool passed_on() const;
  /// Besides, the daemon has its copy, or wants none.
  bool done() const;

  void CloseSources();
  /// The daemon is to see the end of its copy.
  void CloseCopies();

 private:
  struct Pending;  ///< shared
  struct Stream {
    PumpedStream ends;
    Pending* pending = nullptr;
    bool ended = false;
    std::string backlog;  ///< for the copy
    std::size_t sent = 0;
    std::chrono::nanoseconds progress{0};  ///< when the copy's reader last took something
    bool copy_hangs = false;
  };

  void Read(Stream& stream);
  void Write(Stream& stream);
  void Copy(Stream& stream, std::chrono::nanoseconds now);
  static bool MayRead(const Stream& stream);

  std::vector<Stream> streams_;
  void* shared_ = nullptr;
  std::size_t shared_bytes_ = 0;
};

}  // namespace lossd::cli
