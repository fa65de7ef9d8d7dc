#include "cli/child_process.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

extern char** environ;

namespace lossd::cli {
namespace {

// Of a terminal that nobody has.
constexpr unsigned short kDefaultRows = 24, kDefaultColumns = 100;

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

/// `like`: a descriptor whose terminal, where it is one, gives the size and the settings.
bool OpenTerminal(int like, Channel& channel) {
  winsize size{};
  termios settings{};
  if (ioctl(like, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) size = {kDefaultRows, kDefaultColumns, 0, 0};
  const bool has_settings = tcgetattr(like, &settings) == 0;
  if (openpty(&channel.ours, &channel.child, nullptr, has_settings ? &settings : nullptr, &size) != 0) return false;
  if (tcgetattr(channel.child, &settings) == 0) {
    cfmakeraw(&settings);  // our own terminal does what a terminal does, once is enough
    tcsetattr(channel.child, TCSANOW, &settings);
  }
  fcntl(channel.ours, F_SETFD, FD_CLOEXEC);
  fcntl(channel.child, F_SETFD, FD_CLOEXEC);
  return true;
}

/// Our environment, with Python's output unbuffered unless somebody has said how he wants it.
std::vector<char*> CommandEnvironment() {
  static char unbuffered[] = "PYTHONUNBUFFERED=1";
  std::vector<char*> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.push_back(*variable);
  if (getenv("PYTHONUNBUFFERED") == nullptr) variables.push_back(unbuffered);
  variables.push_back(nullptr);
  return variables;
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

boost::system::result<ChildProcess, ChildProcess::StartError> ChildProcess::Prepare(Terminal terminal) {
  Channel output, error;
  const bool output_terminal = terminal == Terminal::kAlways || isatty(STDOUT_FILENO) == 1;
  const bool error_terminal = terminal == Terminal::kAlways || isatty(STDERR_FILENO) == 1;
  const bool shared = isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
  const bool opened = (output_terminal ? OpenTerminal(STDOUT_FILENO, output) : OpenPipe(output)) &&
                      (shared || (error_terminal ? OpenTerminal(STDERR_FILENO, error) : OpenPipe(error)));
  if (!opened) {
    const int reason = errno;
    CloseBoth(output);
    return StartError{std::string("no pipe for the command's output: ") + std::strerror(reason), 126};
  }
  ChildProcess child;
  child.output_ = output.ours;
  child.error_ = error.ours;
  child.command_output_ = output.child;
  child.command_error_ = error.child;
  child.terminal_ = output_terminal || error_terminal;
  return child;
}

std::optional<ChildProcess::StartError> ChildProcess::Run(const std::vector<std::string>& command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, command_output_, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, command_error_ < 0 ? command_output_ : command_error_, STDERR_FILENO);
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
  const int failure =
      posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), CommandEnvironment().data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  CloseCommandEnds();
  if (failure == 0) return std::nullopt;
  pid_ = -1;
  return StartError{command[0] + ": " + std::strerror(failure), failure == ENOENT ? 127 : 126};
}

boost::system::result<ChildProcess, ChildProcess::StartError> ChildProcess::Start(
    const std::vector<std::string>& command, Terminal terminal) {
  auto child = Prepare(terminal);
  if (!child) return child;
  if (const auto failure = child->Run(command)) return *failure;
  return child;
}

void ChildProcess::CloseCommandEnds() {
  CloseBoth({command_output_, command_error_});
  command_output_ = command_error_ = -1;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      error_(std::exchange(other.error_, -1)),
      command_output_(std::exchange(other.command_output_, -1)),
      command_error_(std::exchange(other.command_error_, -1)),
      terminal_(other.terminal_),
      status_(other.status_) {}

ChildProcess::~ChildProcess() {
  CloseBoth({output_, error_});
  CloseCommandEnds();
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
  const bool from_keyboard = signal == SIGINT || signal == SIGQUIT || signal == SIGTSTP;
  if (from_keyboard && TerminalSignalsReachTheChild()) return;
  kill(pid_, signal);
}

std::optional<int> ChildProcess::Reap() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  TakeStatus(status);
  return status_;
}

void ChildProcess::TakeStatus(int wait_status) {
  if (WIFEXITED(wait_status)) status_ = WEXITSTATUS(wait_status);
  if (WIFSIGNALED(wait_status)) status_ = 128 + WTERMSIG(wait_status);
}

std::string CommandJobName(const std::vector<std::string>& child) {
  const auto script = std::ranges::find_if(
      child, [](const std::string& word) { return !word.starts_with('-') && word.ends_with(".py"); });
  std::string_view name = script == child.end() ? child.front() : *script;
  if (script != child.end()) name.remove_suffix(3);
  return std::string(name.substr(name.rfind('/') + 1));
}

}  // namespace lossd::cli
