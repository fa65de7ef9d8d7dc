// Bodies that a handler takes while they come in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "http/loopback.h"

namespace lossd::http {
namespace {

class IncomingTest : public ServerTest {
 protected:
  IncomingTest() { options.max_body_bytes = 10; }

  Client Connect() {
    server = std::make_unique<Server>(
        io, options, [this](const Request& request, std::function<void(Response)> later) -> std::optional<Response> {
          requests.push_back(request);
          if (!request.incoming) return Response{.body = "whole: " + request.body};
          body = request.incoming;
          answer = std::move(later);
          return std::nullopt;
        });
    server->SetBodyPolicy([](const Request& head) { return head.path == "/pass"; });
    endpoint = server->Listen("127.0.0.1:0").value();
    return Client(io, endpoint);
  }
  void Ask() {
    body->Read([this](const std::string& piece, BodySource::Next next) {
      read += piece;
      last = next;
      ++pieces;
    });
  }
  /// Until the body has ended, one way or the other.
  void AskForAll() {
    RunUntil([this] { return body != nullptr; });
    last = BodySource::Next::kMore;
    while (last == BodySource::Next::kMore) {
      const std::size_t before = pieces;
      Ask();
      while (pieces == before) io.run_one_for(std::chrono::milliseconds(10));
    }
  }

  std::shared_ptr<BodySource> body;
  std::function<void(Response)> answer;
  std::string read;
  BodySource::Next last = BodySource::Next::kMore;
  std::size_t pieces = 0;
};

TEST_F(IncomingTest, MayBeLargerThanAnyOther) {
  Client client = Connect();
  client.Send("POST /pass HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + std::string(200000, 'x') +
              "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab");
  AskForAll();
  EXPECT_EQ(last, BodySource::Next::kEnd);
  EXPECT_EQ(read, std::string(200000, 'x'));
  EXPECT_GT(pieces, 2U);
  answer({.body = "passed"});
  EXPECT_EQ(client.Receive().body, "passed");
  EXPECT_EQ(client.Receive().body, "whole: ab") << "the connection goes on";
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 413U);
}

TEST_F(IncomingTest, ChunksAreTakenApartAndACodingStays) {
  Client client = Connect();
  client.Send(
      "POST /pass HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  AskForAll();
  EXPECT_EQ(last, BodySource::Next::kEnd);
  EXPECT_EQ(read, "hello world");
  EXPECT_EQ(requests[0].header("content-encoding"), "gzip");
}

TEST_F(IncomingTest, OneThatIsNotThereEndsAtOnce) {
  Client client = Connect();
  client.Send("HEAD /pass HTTP/1.1\r\nHost: a\r\n\r\n");
  RunUntil([this] { return !requests.empty(); });
  EXPECT_TRUE(requests[0].is_head);
  AskForAll();
  EXPECT_EQ(last, BodySource::Next::kEnd);
  EXPECT_EQ(read, "");
}

TEST_F(IncomingTest, ContinueIsSaidOnceSomebodyReads) {
  Client client = Connect();
  client.Send("PUT /pass HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  RunUntil([this] { return !requests.empty(); });
  Ask();
  EXPECT_EQ(client.Receive().status, 100U);
  client.Send("ab");
  while (pieces == 0) io.run_one_for(std::chrono::milliseconds(10));
  EXPECT_EQ(read, "ab");
}

TEST_F(IncomingTest, AnAnswerBeforeItsEndEndsTheConnection) {
  Client client = Connect();
  client.Send("PUT /pass HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab");
  RunUntil([this] { return !requests.empty(); });
  answer({.status = 403, .body = "no"});
  const Reply reply = client.Receive();
  EXPECT_EQ(reply.status, 403U);
  EXPECT_TRUE(reply.has("connection: close"));
  client.EndSending();
  EXPECT_EQ(client.ReceiveRest(), "");
  AskForAll();
  EXPECT_EQ(last, BodySource::Next::kBreak) << "and whoever reads on is told";
}

TEST_F(IncomingTest, AClientThatGoesAwayBreaksIt) {
  Client client = Connect();
  client.Send("PUT /pass HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab");
  RunUntil([this] { return !requests.empty(); });
  client.Close();
  AskForAll();
  EXPECT_EQ(last, BodySource::Next::kBreak);
  EXPECT_EQ(read, "ab");
}

TEST_F(IncomingTest, AServerThatEndsBreaksIt) {
  Client client = Connect();
  client.Send("PUT /pass HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  RunUntil([this] { return !requests.empty(); });
  Ask();
  server.reset();
  while (pieces == 0) io.run_one_for(std::chrono::milliseconds(10));
  EXPECT_EQ(last, BodySource::Next::kBreak);
}

TEST_F(IncomingTest, NoAnswerCutsTheConnection) {
  Client client = Connect();
  client.Send("GET /pass HTTP/1.1\r\nHost: a\r\n\r\n");
  RunUntil([this] { return !requests.empty(); });
  answer({.status = kNoAnswer});
  client.EndSending();
  EXPECT_EQ(client.ReceiveRest(), "");
}

TEST_F(IncomingTest, AnAnswerFromElsewhereGetsNothingAdded) {
  Client client = Connect();
  server->SetHeaders({{"X-Added", "1"}});
  client.Send("GET /pass HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  RunUntil([this] { return !requests.empty(); });
  answer({.body = std::string(5000, 'x'), .headers = {{"X-Theirs", "1"}}, .verbatim = true});
  const Reply reply = client.Receive();
  EXPECT_EQ(reply.head, "http/1.1 200 ok\r\nx-theirs: 1\r\ncontent-length: 5000\r\n");
}

}  // namespace
}  // namespace lossd::http
