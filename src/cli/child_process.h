// `lossd exec -- CMD...`: a training command as our child, whose output passes through us.
#pragma once

#include <sys/types.h>

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "os/posix_file_system.h"

namespace lossd::cli {

/// Whether a command gets a pseudo-terminal for its output.
enum class Terminal : std::uint8_t { kLikeOurs, kAlways };

/// Runs a command with its standard input and its process group left as ours. Where our standard output or error is a
/// terminal, or with Terminal::kAlways, the child gets a pseudo-terminal for it (in raw mode, so that its bytes arrive
/// unchanged, and of the same size, so that progress bars draw as ever), else a pipe.
class ChildProcess {
 public:
  /// What a shell's exit status would be where the command cannot be run: 127 not found, 126 not executable.
  struct StartError {
    std::string message;
    int exit_status = 127;
  };
  /// Opens what the command will write to. Another process that is forked between this and Run can read it as well,
  /// and must call CloseCommandEnds.
  static boost::system::result<ChildProcess, StartError> Prepare(Terminal terminal);
  /// Starts the command; once. Python writes without buffering there unless PYTHONUNBUFFERED is set: through a pipe its
  /// lines would come minutes late. Start before any thread: what the child does until it runs the command is limited
  /// to safe calls, but what other threads do to descriptors meanwhile is not.
  std::optional<StartError> Run(const std::vector<std::string>& command);
  /// Prepare and Run.
  static boost::system::result<ChildProcess, StartError> Start(const std::vector<std::string>& command,
                                                               Terminal terminal = Terminal::kLikeOurs);
  /// Else the end of the command's output would not be seen.
  void CloseCommandEnds();

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  /// Closes the ends of the streams; the child is left alone.
  ~ChildProcess();

  /// What the child writes, to be followed as "-" and "-stderr" (one pseudo-terminal carries both), with our own
  /// standard output and error to pass it through to.
  std::vector<os::InputStream> streams() const;

  /// Passes a signal on. One that the terminal has sent to the child by itself (SIGINT, SIGQUIT or SIGTSTP while we are
  /// its foreground process group) is not sent twice. SIGWINCH passes the new size on, too. Nothing happens once the
  /// child was reaped.
  void Forward(int signal);

  /// The child's exit status if it has ended: its own, or 128 + N where signal N ended it. Never waits; call on
  /// SIGCHLD.
  std::optional<int> Reap();
  /// The same from the status of a waitpid that somebody else made.
  void TakeStatus(int wait_status);
  std::optional<int> status() const { return status_; }

  pid_t pid() const { return pid_; }

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;
  int output_ = -1;          ///< our end
  int error_ = -1;           ///< our end; -1: the same as output_
  int command_output_ = -1;  ///< the command's ends, until it runs
  int command_error_ = -1;
  bool terminal_ = false;
  std::optional<int> status_;
};

/// A job's name for what a command writes: that of the script that it runs, else of the program.
std::string CommandJobName(const std::vector<std::string>& command);

}  // namespace lossd::cli
