#include "app/relay_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace lossd::app {
namespace {

using Kind = cli::RelayMessage::Kind;

/// Long enough for whatever comes, and never waited for.
constexpr auto kLimit = std::chrono::seconds(30);

class RelayClientTest : public testing::Test {
 protected:
  RelayClientTest() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) std::abort();
    relay = pair[0];
    side.socket = pair[1];
    side.take_over = [this] { heard += " took over"; };
    RelayClient::Events events;
    events.interrupted = [this] { heard += " interrupted"; };
    events.command_ended = [this](int status) { heard += " ended " + std::to_string(status); };
    events.killed = [this] { killed = true; };
    client.emplace(side, io, std::move(events));
    client->Start();
  }
  ~RelayClientTest() override {
    if (relay >= 0) close(relay);
  }
  void Send(Kind kind, std::int32_t value = 0) { ASSERT_TRUE(cli::SendMessage(relay, {kind, value})); }
  void Die() { close(std::exchange(relay, -1)); }

  boost::asio::io_context io;
  int relay = -1;
  cli::DaemonSide side;
  std::string heard;
  bool killed = false;
  std::optional<RelayClient> client;
};

TEST_F(RelayClientTest, SaysThatTheDaemonListens) {
  cli::RelayMessage message;
  ASSERT_EQ(recv(relay, &message, sizeof message, MSG_DONTWAIT), static_cast<ssize_t>(sizeof message));
  EXPECT_EQ(message.kind, Kind::kListening);
}

TEST_F(RelayClientTest, HearsWhatTheRelaySays) {
  Send(Kind::kInterrupted);
  Send(Kind::kCommandEnded, 3);
  Send(Kind::kOutputEnded);
  Die();
  io.run_for(kLimit);
  EXPECT_EQ(heard, " interrupted ended 3");
  EXPECT_FALSE(killed);
  EXPECT_TRUE(io.stopped()) << "nothing more is waited for";
}

TEST_F(RelayClientTest, TakesOverWhereTheRelayWasKilled) {
  Die();
  io.run_for(kLimit);
  EXPECT_TRUE(killed);
  client.reset();
  EXPECT_EQ(heard, " took over") << "before the client is gone";
}

TEST_F(RelayClientTest, HearsNothingOnceItIsStopped) {
  Send(Kind::kInterrupted);
  client->Stop();
  io.run_for(kLimit);
  EXPECT_EQ(heard, "");
  EXPECT_TRUE(io.stopped());
}

}  // namespace
}  // namespace lossd::app
