// `lossd exec -- CMD...`: a training command as our child, whose output passes through us.
#pragma once

#include <sys/types.h>

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <vector>

#include "os/posix_file_system.h"

namespace lossd::cli {

/// Runs a command with its standard input and its process group left as ours. Where our standard output or error is a
/// terminal, the child gets a pseudo-terminal for it (in raw mode, so that its bytes arrive unchanged, and of the same
/// size, so that progress bars draw as ever), else a pipe.
class ChildProcess {
 public:
  /// What a shell's exit status would be where the command cannot be run: 127 not found, 126 not executable.
  struct StartError {
    std::string message;
    int exit_status = 127;
  };
  /// Start before any thread: what the child does until it runs the command is limited to safe calls, but what other
  /// threads do to descriptors meanwhile is not.
  static boost::system::result<ChildProcess, StartError> Start(const std::vector<std::string>& command);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Closes our ends of the streams; the child is left alone.
  ~ChildProcess();

  /// What the child writes, to be followed as "-" and "-stderr" (one pseudo-terminal carries both), passed through to
  /// our own standard output and error.
  std::vector<os::InputStream> streams() const;

  /// Passes a signal on. One that the terminal has sent to the child by itself (SIGINT or SIGQUIT while we are its
  /// foreground process group) is not sent twice. SIGWINCH passes the new size on, too. Nothing happens once the child
  /// was reaped.
  void Forward(int signal);

  /// The child's exit status if it has ended: its own, or 128 + N where signal N ended it. Never waits; call on
  /// SIGCHLD.
  std::optional<int> Reap();

  pid_t pid() const { return pid_; }

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;
  int output_ = -1;  ///< our end
  int error_ = -1;   ///< our end; -1: the same as output_
  bool terminal_ = false;
  std::optional<int> status_;
};

}  // namespace lossd::cli
