#include "cli/child_process.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

extern char** environ;

namespace lossd::cli {
namespace {

struct Channel {
  int ours = -1;
  int child = -1;
};

bool OpenPipe(Channel& channel) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  channel = {ends[0], ends[1]};
  return true;
}

bool OpenTerminal(int like, Channel& channel) {
  winsize size{};
  termios settings{};
  const bool has_size = ioctl(like, TIOCGWINSZ, &size) == 0;
  if (tcgetattr(like, &settings) != 0) return false;
  cfmakeraw(&settings);  // our own terminal does what a terminal does, once is enough
  if (openpty(&channel.ours, &channel.child, nullptr, &settings, has_size ? &size : nullptr) != 0) return false;
  fcntl(channel.ours, F_SETFD, FD_CLOEXEC);
  fcntl(channel.child, F_SETFD, FD_CLOEXEC);
  return true;
}

/// Whether the terminal sends its signals to our process group, of which the child is.
bool TerminalSignalsReachTheChild() {
  const int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  const bool foreground = tcgetpgrp(terminal) == getpgrp();
  close(terminal);
  return foreground;
}

void CloseBoth(const Channel& channel) {
  if (channel.ours >= 0) close(channel.ours);
  if (channel.child >= 0) close(channel.child);
}

}  // namespace

boost::system::result<ChildProcess, ChildProcess::StartError> ChildProcess::Start(
    const std::vector<std::string>& command) {
  Channel output, error;
  const bool output_terminal = isatty(STDOUT_FILENO) == 1;
  const bool error_terminal = isatty(STDERR_FILENO) == 1;
  const bool shared = output_terminal && error_terminal;
  const bool opened = (output_terminal ? OpenTerminal(STDOUT_FILENO, output) : OpenPipe(output)) &&
                      (shared || (error_terminal ? OpenTerminal(STDERR_FILENO, error) : OpenPipe(error)));
  if (!opened) {
    const int reason = errno;
    CloseBoth(output);
    return StartError{std::string("no pipe for the command's output: ") + std::strerror(reason), 126};
  }

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.child, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, shared ? output.child : error.child, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t defaults, mask;
  sigemptyset(&mask);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);  // the daemon ignores it, a command does not expect that
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ChildProcess child;
  const int failure = posix_spawnp(&child.pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(output.child);
  if (!shared) close(error.child);
  child.output_ = output.ours;
  child.error_ = shared ? -1 : error.ours;
  child.terminal_ = output_terminal || error_terminal;
  if (failure != 0) {
    child.pid_ = -1;
    return StartError{command[0] + ": " + std::strerror(failure), failure == ENOENT ? 127 : 126};
  }
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      error_(std::exchange(other.error_, -1)),
      terminal_(other.terminal_),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  if (output_ >= 0) close(output_);
  if (error_ >= 0) close(error_);
}

std::vector<os::InputStream> ChildProcess::streams() const {
  std::vector<os::InputStream> streams = {{os::kStandardInput, output_, STDOUT_FILENO}};
  if (error_ >= 0) streams.push_back({os::kChildError, error_, STDERR_FILENO});
  return streams;
}

void ChildProcess::Forward(int signal) {
  if (pid_ <= 0 || status_) return;
  if (signal == SIGWINCH && terminal_) {
    winsize size{};
    for (const auto& [ours, terminal] : {std::pair(output_, STDOUT_FILENO), std::pair(error_, STDERR_FILENO)}) {
      if (ours >= 0 && ioctl(terminal, TIOCGWINSZ, &size) == 0) ioctl(ours, TIOCSWINSZ, &size);
    }
  }
  if ((signal == SIGINT || signal == SIGQUIT) && TerminalSignalsReachTheChild()) return;
  kill(pid_, signal);
}

std::optional<int> ChildProcess::Reap() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  if (WIFEXITED(status)) status_ = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) status_ = 128 + WTERMSIG(status);
  return status_;
}

}  // namespace lossd::cli
