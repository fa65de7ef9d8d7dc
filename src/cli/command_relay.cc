#include "cli/command_relay.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "cli/child_process.h"
#include "cli/output_pump.h"

namespace lossd::cli {
namespace {

using std::chrono::nanoseconds;

/// The command does not wait for a daemon that takes longer to open its ports.
constexpr auto kListenPatience = std::chrono::seconds(3);
/// What the child has left behind may hold its output open for ever.
constexpr auto kOutputAfterChild = std::chrono::seconds(2);
constexpr auto kLongestWait = std::chrono::milliseconds(500);
constexpr int kCopyPipeBytes = 1 << 20;

nanoseconds Now() { return std::chrono::steady_clock::now().time_since_epoch(); }

void CloseDescriptor(int& descriptor) {
  if (descriptor >= 0) close(std::exchange(descriptor, -1));
}

void PointTo(const char* path, int flags, int descriptor) {
  const int file = open(path, flags | O_CLOEXEC);
  if (file < 0) return;
  dup2(file, descriptor);
  close(file);
}

/// The out-of-memory killer is to take the daemon before the training. Raising the score needs no privilege.
void OfferToTheOutOfMemoryKiller() {
  if (std::FILE* file = std::fopen("/proc/self/oom_score_adj", "we")) {
    std::fputs("800", file);
    std::fclose(file);
  }
}

class Relay {
 public:
  Relay(const Options& options, logging::Log& log, nanoseconds daemon_ends_within)
      : options_(options), log_(log), daemon_ends_within_(daemon_ends_within) {}
  int Run(const std::function<int(const DaemonSide&)>& daemon);

 private:
  bool exec() const { return options_.command == Command::kExec; }
  bool Open();
  bool ForkDaemon(const std::function<int(const DaemonSide&)>& daemon);
  [[noreturn]] void BeDaemon(const std::function<int(const DaemonSide&)>& daemon);
  void WaitForListening();
  void Loop();
  void TakeSignals();
  void TakeSignal(int signal);
  void ReapChildren();
  void TellEnds();
  bool finished() const;
  void EndDaemon();
  void LeaveBehind();

  const Options& options_;
  logging::Log& log_;
  nanoseconds daemon_ends_within_;
  std::optional<ChildProcess> child_;
  std::vector<os::InputStream> streams_;  ///< what is passed on
  std::vector<int> copies_;               ///< read ends, for the daemon
  std::unique_ptr<OutputPump> pump_;
  int socket_ = -1, daemon_socket_ = -1, signals_ = -1;
  sigset_t old_mask_{};
  pid_t daemon_ = -1;
  int daemon_status_ = 0;
  bool output_told_ = false;  ///< the daemon knows that the output has ended
  bool interrupted_ = false;
  std::optional<nanoseconds> child_ended_;
};

bool Relay::Open() {
  if (exec()) {
    auto prepared = ChildProcess::Prepare(options_.pty ? Terminal::kAlways : Terminal::kLikeOurs);
    if (!prepared) {
      log_.Error("cannot run the command", {{"error", prepared.error().message}});
      return false;
    }
    child_.emplace(std::move(*prepared));
    streams_ = child_->streams();
  } else {
    streams_ = {{os::kStandardInput, STDIN_FILENO, options_.tee ? STDOUT_FILENO : -1}};
  }
  std::vector<PumpedStream> pumped;
  for (const os::InputStream& stream : streams_) {
    std::array<int, 2> ends{-1, -1};
    // Without a copy the daemon follows nothing, and the command runs all the same.
    if (pipe2(ends.data(), O_CLOEXEC) == 0) {
      fcntl(ends[1], F_SETFL, O_NONBLOCK);
      fcntl(ends[1], F_SETPIPE_SZ, kCopyPipeBytes);
    }
    copies_.push_back(ends[0]);
    pumped.push_back({stream.descriptor, stream.pass_through, ends[1]});
  }
  pump_ = std::make_unique<OutputPump>(std::move(pumped));

  std::array<int, 2> sockets{-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) == 0) {
    socket_ = sockets[0];
    daemon_socket_ = sockets[1];
  }
  sigset_t taken;
  sigemptyset(&taken);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP, SIGCHLD}) {
    sigaddset(&taken, signal);
  }
  sigprocmask(SIG_BLOCK, &taken, &old_mask_);
  signals_ = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
  return true;
}

void Relay::BeDaemon(const std::function<int(const DaemonSide&)>& daemon) {
  setsid();  // what the terminal sends is for the command
  OfferToTheOutOfMemoryKiller();
  sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  close(signals_);
  CloseDescriptor(socket_);
  pump_->CloseCopies();
  if (child_) {
    child_->CloseCommandEnds();
    PointTo("/dev/null", O_RDONLY, STDIN_FILENO);
  }
  DaemonSide side;
  side.socket = daemon_socket_;
  for (std::size_t i = 0; i < streams_.size(); ++i) side.streams.push_back({streams_[i].path, copies_[i], -1});
  side.take_over = [this] { pump_->RunToEnd(); };
  const int status = daemon(side);
  std::cout.flush();
  std::cerr.flush();
  _exit(status);
}

bool Relay::ForkDaemon(const std::function<int(const DaemonSide&)>& daemon) {
  std::cout.flush();
  std::cerr.flush();
  daemon_ = fork();
  if (daemon_ == 0) BeDaemon(daemon);
  CloseDescriptor(daemon_socket_);
  for (int& copy : copies_) CloseDescriptor(copy);
  if (daemon_ < 0) log_.Error("lossd cannot watch: no process for it", {{"error", std::strerror(errno)}});
  return daemon_ > 0;
}

void Relay::WaitForListening() {
  const nanoseconds deadline = Now() + kListenPatience;
  while (socket_ >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Now()).count();
    pollfd waiting{socket_, POLLIN, 0};
    if (left <= 0 || (poll(&waiting, 1, static_cast<int>(left)) <= 0 && errno != EINTR)) return;
    RelayMessage message;
    if (waiting.revents != 0) {
      if (recv(socket_, &message, sizeof message, MSG_DONTWAIT) <= 0) CloseDescriptor(socket_);
      return;
    }
  }
}

int Relay::Run(const std::function<int(const DaemonSide&)>& daemon) {
  if (!Open()) return 126;
  ForkDaemon(daemon);
  // By this name neither `killall lossd` nor `pkill lossd` takes the command's output with the daemon.
  prctl(PR_SET_NAME, "train-relay");
  if (child_) {
    WaitForListening();
    if (const auto failure = child_->Run(options_.child)) {
      log_.Error("cannot run the command", {{"error", failure->message}});
      SendMessage(socket_, {RelayMessage::Kind::kCommandEnded, failure->exit_status});
      pump_->CloseSources();
      EndDaemon();
      return failure->exit_status;
    }
    log_.Info("running the command", {{"command", options_.child.front()}, {"pid", child_->pid()}});
  }
  Loop();
  EndDaemon();
  const int status = child_ ? child_->status().value_or(1) : daemon_status_;
  if (!pump_->passed_on()) LeaveBehind();
  return status;
}

/// The command is done and its output passed on; of a pipe: it has ended, or the daemon was asked to end.
bool Relay::finished() const {
  if (!child_) return pump_->done() || (interrupted_ && daemon_ < 0);
  if (!child_->status()) return false;
  return pump_->done() || (child_ended_ && Now() - *child_ended_ > kOutputAfterChild);
}

void Relay::Loop() {
  std::vector<pollfd> waiting;
  while (!finished()) {
    waiting.assign({{signals_, POLLIN, 0}});
    pump_->AddTo(waiting);
    poll(waiting.data(), waiting.size(), static_cast<int>(kLongestWait.count()));
    TakeSignals();
    pump_->Turn(Now());
    TellEnds();
  }
}

void Relay::TellEnds() {
  if (child_ && child_->status() && !child_ended_) {
    child_ended_ = Now();
    SendMessage(socket_, {RelayMessage::Kind::kCommandEnded, *child_->status()});
  }
  if (!output_told_ && pump_->done()) {
    output_told_ = true;
    SendMessage(socket_, {RelayMessage::Kind::kOutputEnded, 0});
    pump_->CloseCopies();
  }
}

void Relay::TakeSignals() {
  signalfd_siginfo info{};
  while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    TakeSignal(static_cast<int>(info.ssi_signo));
  }
}

void Relay::TakeSignal(int signal) {
  if (signal == SIGCHLD) return ReapChildren();
  const bool wants_end = signal == SIGTERM || signal == SIGINT;
  if (child_ && !child_->status()) {
    if (wants_end) SendMessage(socket_, {RelayMessage::Kind::kInterrupted, 0});
    child_->Forward(signal);
    if (signal == SIGTSTP) raise(SIGSTOP);
    return;
  }
  if (signal == SIGTSTP) raise(SIGSTOP);
  interrupted_ = interrupted_ || wants_end;
  if (daemon_ > 0 && (wants_end || signal == SIGHUP)) kill(daemon_, signal);
}

void Relay::ReapChildren() {
  int status = 0;
  // Whatever ends: as the first process of a container we inherit the children of others.
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    if (child_ && pid == child_->pid()) {
      child_->TakeStatus(status);
    } else if (pid == daemon_) {
      daemon_ = -1;
      daemon_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      if (!interrupted_ && !output_told_) {
        log_.Warn(exec() ? "lossd has ended, the command goes on without it"
                         : "lossd has ended, its input is still read so that the writer goes on",
                  {{"status", daemon_status_}});
      }
    }
  }
}

/// Its last values stay for a scrape; meanwhile what the command left behind is still passed on.
void Relay::EndDaemon() {
  if (!output_told_) {
    SendMessage(socket_, {RelayMessage::Kind::kOutputEnded, 0});
    pump_->CloseCopies();
    output_told_ = true;
  }
  const nanoseconds deadline = Now() + daemon_ends_within_;
  std::vector<pollfd> waiting;
  while (daemon_ > 0) {
    waiting.assign({{signals_, POLLIN, 0}});
    pump_->AddTo(waiting);
    poll(waiting.data(), waiting.size(), static_cast<int>(kLongestWait.count()));
    TakeSignals();
    pump_->Turn(Now());
    // It may follow files besides a pipe, but not a command that has ended.
    if (exec() && Now() > deadline && daemon_ > 0) kill(daemon_, SIGKILL);
  }
}

void Relay::LeaveBehind() {
  std::cout.flush();
  std::cerr.flush();
  if (fork() != 0) return;
  setsid();
  sigprocmask(SIG_SETMASK, &old_mask_, nullptr);
  // What is not passed on is not to be held open.
  if (!exec()) PointTo("/dev/null", O_WRONLY, STDERR_FILENO);
  if (!exec() && !options_.tee) PointTo("/dev/null", O_WRONLY, STDOUT_FILENO);
  pump_->RunToEnd();
  _exit(0);
}

}  // namespace

bool SendMessage(int socket, RelayMessage message) {
  return socket >= 0 && send(socket, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof message;
}

int RunUnderRelay(const Options& options, logging::Log& log, nanoseconds daemon_ends_within,
                  const std::function<int(const DaemonSide&)>& daemon) {
  return Relay(options, log, daemon_ends_within).Run(daemon);
}

}  // namespace lossd::cli
