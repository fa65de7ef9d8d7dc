#include "logging/background_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace lossd::logging {
namespace {

class BackgroundOutputTest : public testing::Test {
 protected:
  BackgroundOutputTest() { EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0); }
  ~BackgroundOutputTest() override {
    ::close(pipe[0]);
    ::close(pipe[1]);
  }
  std::string Read(std::size_t size) {
    std::string text;
    while (text.size() < size) {
      char bytes[65536];
      const ssize_t got = ::read(pipe[0], bytes, std::min(sizeof bytes, size - text.size()));
      if (got <= 0) break;
      text.append(bytes, static_cast<std::size_t>(got));
    }
    return text;
  }
  std::array<int, 2> pipe{};
};

TEST_F(BackgroundOutputTest, WritesWhatIsFlushed) {
  BackgroundOutput output(pipe[1]);
  output.stream() << "one " << 2 << std::endl;
  EXPECT_EQ(Read(6), "one 2\n");
}

TEST_F(BackgroundOutputTest, NeverWaitsForAReader) {
  const std::string line(1000, 'x');
  {
    BackgroundOutput output(pipe[1], 100'000);
    for (int i = 0; i < 10'000; ++i) output.stream() << line << std::flush;
    EXPECT_GT(output.left_out(), 9'000u);
    EXPECT_LT(output.left_out(), 10'000u);
    // What was left out does not harm what comes when somebody reads again.
    const std::size_t taken = (10'000 - output.left_out()) * line.size();
    EXPECT_EQ(Read(taken), std::string(taken, 'x'));
    output.stream() << "again" << std::flush;
    EXPECT_EQ(Read(5), "again");
    for (int i = 0; i < 10'000; ++i) output.stream() << line << std::flush;
  }  // nor does the end wait
  // The thread that is left in its write goes on when somebody reads; the descriptors are its own from now on.
  pipe = {-1, -1};
}

TEST_F(BackgroundOutputTest, WritesEverythingBeforeItsEnd) {
  { BackgroundOutput(pipe[1]).stream() << "last words" << std::flush; }
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
  EXPECT_EQ(Read(100), "last words");
}

}  // namespace
}  // namespace lossd::logging
