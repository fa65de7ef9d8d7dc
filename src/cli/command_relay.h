// The process around the daemon of `lossd exec` and `lossd -`: the training comes first.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "cli/flag_catalog.h"
#include "logging/log.h"
#include "os/posix_file_system.h"

namespace lossd::cli {

/// What passes between the relay and the daemon, as whole messages on a SOCK_SEQPACKET socket.
struct RelayMessage {
  enum class Kind : std::uint32_t {
    kListening,     ///< from the daemon: its ports are open, as far as it got any
    kInterrupted,   ///< to the daemon: somebody wants an end, nothing need be waited for
    kCommandEnded,  ///< `value` is the exit status
    kOutputEnded,   ///< whoever closes the socket without this was killed
  } kind = Kind::kListening;
  std::int32_t value = 0;
};
/// False where the other side has gone. Never waits.
bool SendMessage(int socket, RelayMessage message);

/// The daemon's side of the relay, in a process of its own.
struct DaemonSide {
  int socket = -1;                       ///< messages; its end without kOutputEnded: the relay was killed
  std::vector<os::InputStream> streams;  ///< copies of what the command, or the pipe's writer, writes
  /// To be called where the relay was killed: goes on passing the output through until it ends. Blocks for as long.
  std::function<void()> take_over;
};

/// Runs `daemon` in a second process, and in this one, which stays small, the command of `exec` or the passing on of
/// standard input.
///
/// This process owns the command: it passes its output through, forwards signals, and ends with its status, whatever
/// becomes of the daemon, which only gets a copy. The daemon in turn goes on passing the output through where this one
/// is killed. So nothing that befalls one of them reaches the command; only where both are killed at once does it get
/// SIGPIPE. Where lossd ends before the writers of the output do, a process is left behind that reads on.
///
/// Returns the exit status: the command's; for a pipe the daemon's. In the daemon's process it does not return. A
/// daemon that takes longer than `daemon_ends_within` to end after the command hangs, and is killed.
int RunUnderRelay(const Options& options, logging::Log& log, std::chrono::nanoseconds daemon_ends_within,
                  const std::function<int(const DaemonSide&)>& daemon);

}  // namespace lossd::cli
