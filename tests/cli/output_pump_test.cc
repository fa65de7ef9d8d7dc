#include "cli/output_pump.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>

namespace lossd::cli {
namespace {

/// Runs `work` in a child that is killed where its first `call` has been done, before it learns so. False where
/// processes may not be traced.
bool RunAndKillBehind(std::uint64_t call, const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    raise(SIGSTOP);
    work();
    _exit(2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status)) return false;
  ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
  std::uint64_t entered = 0;
  while (true) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status)) {
      ADD_FAILURE() << "the child ended by itself";
      return true;
    }
    if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
    __ptrace_syscall_info info{};
    ptrace(PTRACE_GET_SYSCALL_INFO, child, reinterpret_cast<void*>(sizeof info), &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) entered = info.entry.nr;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && entered == call && info.exit.rval > 0) break;
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return true;
}

class OutputPumpTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(pipe2(source_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(target_.data(), O_CLOEXEC), 0);
    for (int i = 0; text_.size() < 10'000; ++i) text_ += "step " + std::to_string(i) + " loss 2.5\n";
    ASSERT_EQ(write(source_[1], text_.data(), text_.size()), static_cast<ssize_t>(text_.size()));
    close(source_[1]);
  }
  void TearDown() override {
    close(source_[0]);
    close(target_[0]);
  }
  /// What is left behind the kill goes on to the end.
  std::string WrittenAfterAKillBehind(std::uint64_t call) {
    OutputPump pump({{source_[0], target_[1], -1}});
    traced_ = RunAndKillBehind(call, [&] {
      while (!pump.passed_on()) pump.Turn(std::chrono::nanoseconds(0));
    });
    pump.RunToEnd();
    close(target_[1]);
    std::string written(100'000, '\0');
    std::size_t size = 0;
    for (ssize_t count = 0; (count = read(target_[0], &written[size], written.size() - size)) > 0;) size += count;
    written.resize(size);
    return written;
  }

  std::array<int, 2> source_{}, target_{};  // pipes: read end, write end
  std::string text_;
  bool traced_ = true;
};

TEST_F(OutputPumpTest, LosesNothingWhereItIsKilledRightBehindARead) {
  const std::string written = WrittenAfterAKillBehind(SYS_read);
  if (!traced_) GTEST_SKIP() << "processes may not be traced here";
  EXPECT_EQ(written, text_);
}

TEST_F(OutputPumpTest, RepeatsAPageAtMostWhereItIsKilledRightBehindAWrite) {
  const std::string written = WrittenAfterAKillBehind(SYS_write);
  if (!traced_) GTEST_SKIP() << "processes may not be traced here";
  EXPECT_EQ(written, text_.substr(0, 4096) + text_);
}

}  // namespace
}  // namespace lossd::cli
