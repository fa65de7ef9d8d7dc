// Answers that a handler gives later.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "http/loopback.h"

namespace lossd::http {
namespace {

using ::testing::SizeIs;

class LaterTest : public ServerTest {
 protected:
  LaterTest() {
    server = std::make_unique<Server>(
        io, options, [this](const Request& request, std::function<void(Response)> later) -> std::optional<Response> {
          if (request.path != "/slow") return Response{.body = "at once"};
          waiting.push_back(std::move(later));
          return std::nullopt;
        });
    endpoint = server->Listen("127.0.0.1:0").value();
  }
  Client AskSlowly() {
    Client client(io, endpoint);
    client.Send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    RunUntil([this] { return !waiting.empty(); });
    return client;
  }

  std::vector<std::function<void(Response)>> waiting;
};

TEST_F(LaterTest, ServesOthersMeanwhile) {
  Client slow = AskSlowly();
  Client other(io, endpoint);
  other.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.Receive().body, "at once");
  ASSERT_THAT(waiting, SizeIs(1));
  waiting[0]({.status = 202, .body = "at last"});
  const Reply reply = slow.Receive();
  EXPECT_EQ(reply.status, 202u);
  EXPECT_EQ(reply.body, "at last");
  // The connection goes on.
  slow.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(slow.Receive().body, "at once");
}

TEST_F(LaterTest, MayComeAfterTheEndOfTheServer) {
  Client slow = AskSlowly();
  ASSERT_THAT(waiting, SizeIs(1));
  server.reset();
  waiting[0]({});
  io.run();
  EXPECT_EQ(slow.ReceiveRest(), "");
}

TEST_F(LaterTest, IsNotWaitedForAtTheEnd) {
  Client slow = AskSlowly();
  int done = 0;
  server->Drain(std::chrono::milliseconds(1), [&] { ++done; });
  io.run_for(std::chrono::seconds(30));
  EXPECT_EQ(done, 1);
  waiting.at(0)({});
}

}  // namespace
}  // namespace lossd::http
