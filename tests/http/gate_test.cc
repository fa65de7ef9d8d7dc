// Requests that are refused before their body is read, and headers that every answer carries.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/loopback.h"

namespace lossd::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: a\r\nX-Who: me\r\n\r\n";

class GateTest : public ServerTest {
 protected:
  Client ConnectThrough(Gate gate) {
    Connect().Close();
    server->SetGate(std::move(gate));
    return Connect();
  }
  /// A client whose request waits for what is given to `late`.
  Client AskWithoutVerdict(std::function<void(Verdict)>& late) {
    Client client = ConnectThrough([&late](const Request&, auto later) -> std::optional<Verdict> {
      late = std::move(later);
      return std::nullopt;
    });
    client.Send(kGet);
    RunUntil([&late] { return late != nullptr; });
    return client;
  }
  static Verdict Refuse(unsigned status) { return {Response{.status = status, .body = "no\n"}}; }
};

TEST_F(GateTest, SeesTheHeadAndLetsThrough) {
  std::string who;
  Client client = ConnectThrough([&](const Request& head, auto) {
    who = head.header("x-who");
    return Verdict{};
  });
  client.Send(kGet);
  EXPECT_EQ(client.Receive().status, 200u);
  EXPECT_EQ(who, "me");
  EXPECT_THAT(requests, SizeIs(1));
}

TEST_F(GateTest, RefusesAndKeepsTheConnection) {
  Client client = ConnectThrough([&](const Request&, auto) { return Refuse(401); });
  for (int i = 0; i < 2; ++i) {
    client.Send(kGet);
    const Reply reply = client.Receive();
    EXPECT_EQ(reply.status, 401u);
    EXPECT_EQ(reply.body, "no\n");
  }
  EXPECT_FALSE(client.closed());
  EXPECT_THAT(requests, IsEmpty());
  EXPECT_EQ(server->stats().requests_by_code.at(401), 2u);
}

TEST_F(GateTest, RefusesABodyThatHasNotCome) {
  Client client = ConnectThrough([&](const Request&, auto) { return Refuse(401); });
  client.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
  const Reply reply = client.Receive();
  EXPECT_EQ(reply.status, 401u);
  EXPECT_TRUE(reply.has("connection: close"));
  EXPECT_EQ(client.ReceiveRest(), "");
}

TEST_F(GateTest, WaitsForAVerdictWhileOthersAreServed) {
  std::vector<std::function<void(Verdict)>> waiting;
  Client slow = ConnectThrough([&](const Request& head, auto later) -> std::optional<Verdict> {
    if (head.path != "/slow") return Verdict{};
    waiting.push_back(std::move(later));
    return std::nullopt;
  });
  Client refused = Connect();
  for (Client* client : {&slow, &refused}) client->Send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  RunUntil([&] { return waiting.size() == 2; });
  Client other = Connect();
  other.Send(kGet);
  EXPECT_EQ(other.Receive().body, "GET /metrics ");
  waiting[0](Verdict{});
  waiting[1](Refuse(403));
  EXPECT_EQ(slow.Receive().body, "GET /slow ");
  EXPECT_EQ(refused.Receive().status, 403u);
}

TEST_F(GateTest, EndsWithAVerdictStillToCome) {
  std::function<void(Verdict)> late;
  Client client = AskWithoutVerdict(late);
  server.reset();
  late(Verdict{});
  io.run();
  EXPECT_EQ(client.ReceiveRest(), "");
}

TEST_F(GateTest, DrainForcesWhatHasNoVerdict) {
  std::function<void(Verdict)> late;
  Client client = AskWithoutVerdict(late);
  int done = 0;
  server->Drain(std::chrono::milliseconds(1), [&] { ++done; });
  io.run_for(std::chrono::seconds(30));
  EXPECT_EQ(done, 1);
  late(Verdict{});
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(GateTest, AnswersAnExceptionWith500) {
  Client client =
      ConnectThrough([](const Request&, auto) -> std::optional<Verdict> { throw std::runtime_error("gate"); });
  client.Send(kGet);
  EXPECT_EQ(client.Receive().status, 500u);
  EXPECT_THAT(exceptions, ElementsAre("gate"));
}

TEST_F(GateTest, AddsHeadersToEveryAnswer) {
  Connect().Close();
  server->SetHeaders({{"X-Frame-Options", "deny"}});
  EXPECT_TRUE(Ask(kGet).has("x-frame-options: deny\r\n"));
  EXPECT_TRUE(Ask("nonsense\r\n\r\n").has("x-frame-options: deny\r\n"));
}

}  // namespace
}  // namespace lossd::http
