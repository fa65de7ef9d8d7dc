#include "cli/child_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace lossd::cli {
namespace {

/// Redirects a descriptor of ours for the life of the object.
class Redirection {
 public:
  Redirection(int descriptor, int target) : descriptor_(descriptor), saved_(dup(descriptor)) {
    dup2(target, descriptor);
  }
  ~Redirection() {
    dup2(saved_, descriptor_);
    close(saved_);
  }

 private:
  int descriptor_, saved_;
};

std::string ReadAll(int descriptor) {
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(descriptor, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

int WaitFor(ChildProcess& child) {
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT);
  return child.Reap().value_or(-1);
}

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    close(ends[1]);
  }
  int ends[2];
};

TEST(ChildProcess, GivesOutputAndErrorApart) {
  Pipe pipe;
  const Redirection output(STDOUT_FILENO, pipe.ends[1]), error(STDERR_FILENO, pipe.ends[1]);
  auto child = ChildProcess::Start({"sh", "-c", "printf 'out\\r\\n\\0'; printf err >&2; exit 3"});
  ASSERT_TRUE(child.has_value());
  const auto streams = child->streams();
  ASSERT_EQ(streams.size(), 2u);
  EXPECT_EQ(ReadAll(streams[0].descriptor), std::string("out\r\n\0", 6));
  EXPECT_EQ(ReadAll(streams[1].descriptor), "err");
  EXPECT_EQ(WaitFor(*child), 3);
}

TEST(ChildProcess, GivesTheSignalThatEndedIt) {
  auto child = ChildProcess::Start({"sh", "-c", "kill -9 $$"});
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(WaitFor(*child), 128 + 9);
}

TEST(ChildProcess, ForwardsSignals) {
  Pipe pipe;
  const Redirection output(STDOUT_FILENO, pipe.ends[1]);
  auto child = ChildProcess::Start({"sh", "-c", "trap 'exit 42' TERM; echo ready; while :; do read line; done"});
  ASSERT_TRUE(child.has_value());
  char ready[6];
  ASSERT_EQ(read(child->streams()[0].descriptor, ready, sizeof ready), 6);
  child->Forward(SIGTERM);
  EXPECT_EQ(WaitFor(*child), 42);
  child->Forward(SIGTERM);
  EXPECT_EQ(child->Reap(), 42);
}

TEST(ChildProcess, TellsWhyACommandCannotBeRun) {
  const auto missing = ChildProcess::Start({"/no/such/command"});
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().exit_status, 127);
  EXPECT_EQ(missing.error().message, "/no/such/command: No such file or directory");
  const auto forbidden = ChildProcess::Start({"/etc/passwd"});
  ASSERT_FALSE(forbidden.has_value());
  EXPECT_EQ(forbidden.error().exit_status, 126);
}

TEST(ChildProcess, GetsATerminalWhereOursIsOne) {
  int ours = -1, terminal = -1;
  winsize size{};
  size.ws_row = 40;
  size.ws_col = 123;
  ASSERT_EQ(openpty(&ours, &terminal, nullptr, nullptr, &size), 0);
  {
    const Redirection output(STDOUT_FILENO, terminal), error(STDERR_FILENO, terminal);
    auto child =
        ChildProcess::Start({"sh", "-c", "test -t 1 && test -t 2 && stty size < /dev/fd/1; printf '50%%\\r100%%\\n'"});
    ASSERT_TRUE(child.has_value());
    const auto streams = child->streams();
    ASSERT_EQ(streams.size(), 1u);
    EXPECT_EQ(ReadAll(streams[0].descriptor), "40 123\n50%\r100%\n");
    EXPECT_EQ(WaitFor(*child), 0);
  }
  close(ours);
  close(terminal);
}

TEST(ChildProcess, PassesItsBytesThroughUnchanged) {
  Pipe pipe;
  std::string sent;
  {
    const Redirection output(STDOUT_FILENO, pipe.ends[1]);
    auto child = ChildProcess::Start({"printf", "loss: 1.5\\r\\nhalf a line"});
    ASSERT_TRUE(child.has_value());
    os::PosixFileSystem files(child->streams());
    auto file = files.Open(os::kStandardInput);
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(WaitFor(*child), 0);
    char buffer[100];
    for (auto got = (*file)->ReadAt(0, buffer); *got > 0; got = (*file)->ReadAt(0, buffer)) sent.append(buffer, *got);
  }
  char passed[100];
  ASSERT_EQ(read(pipe.ends[0], passed, sizeof passed), static_cast<ssize_t>(sent.size()));
  EXPECT_EQ(std::string(passed, sent.size()), "loss: 1.5\r\nhalf a line");
}

}  // namespace
}  // namespace lossd::cli
