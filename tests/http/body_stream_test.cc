// Answers that are made while they are sent.
#include "http/body_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <deque>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "http/content_coding.h"
#include "http/loopback.h"

namespace lossd::http {
namespace {

using testing::ElementsAre;
using Next = BodyStream::Next;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What a test's stream gives, and what has become of it.
struct Script {
  std::deque<std::pair<std::string, Next>> steps;
  std::pair<std::string, Next> otherwise{"", Next::kWait};
  std::function<void()> wake, on_pull = [] {};
  int pulls = 0;
  bool drained = false, gone = false;
};

class ScriptedStream : public BodyStream {
 public:
  explicit ScriptedStream(Script& script) : script_(script) {}
  ~ScriptedStream() override { script_.gone = true; }
  Next Pull(std::string& piece) override {
    ++script_.pulls;
    script_.on_pull();
    EXPECT_EQ(piece, "");
    if (script_.drained) return Next::kEnd;
    auto step = script_.otherwise;
    if (!script_.steps.empty()) {
      step = script_.steps.front();
      script_.steps.pop_front();
    }
    piece += step.first;
    return step.second;
  }
  void SetWake(std::function<void()> wake) override { script_.wake = std::move(wake); }
  void Drain() override { script_.drained = true; }

 private:
  Script& script_;
};

class BodyStreamTest : public ServerTest {
 protected:
  BodyStreamTest() {
    handler = [this](const Request&) { return Response{.stream = std::make_shared<ScriptedStream>(script)}; };
  }
  Script script;
};

TEST_F(BodyStreamTest, GoesOutInChunksAndKeepsTheConnection) {
  script.steps = {{"one", Next::kMore}, {"", Next::kMore}, {"two", Next::kEnd}};
  Client client = Connect();
  client.Send(kGet);
  const Reply reply = client.Receive();
  EXPECT_TRUE(reply.has("transfer-encoding: chunked"));
  EXPECT_FALSE(reply.has("content-length"));
  EXPECT_THAT(client.ReceiveChunks(3), ElementsAre("one", "two", "0"));
  EXPECT_TRUE(script.gone);
  handler = [](const Request&) { return Response{.body = "whole"}; };
  client.Send(kGet);
  EXPECT_EQ(client.Receive().body, "whole");
}

/// A large page has long stretches without a line, and what is packed gives nothing for a while.
TEST_F(BodyStreamTest, LetsOthersHaveATurnBehindEveryPieceEmptyOnesToo) {
  for (const char* coding : {"identity", "gzip"}) {
    script = {};
    script.steps.assign(50, {"", Next::kMore});
    script.steps.insert(script.steps.end(), 50, {"text", Next::kMore});
    script.otherwise = {"", Next::kEnd};
    std::vector<int> seen;
    script.on_pull = [&] { boost::asio::post(io, [&] { seen.push_back(script.pulls); }); };
    Client client = Connect();
    client.Send("GET / HTTP/1.0\r\nAccept-Encoding: " + std::string(coding) + "\r\n\r\n");
    client.ReceiveRest();
    std::vector<int> each(101);
    std::iota(each.begin(), each.end(), 1);
    EXPECT_EQ(seen, each) << coding;
  }
}

TEST_F(BodyStreamTest, EndsWithTheConnectionForHttp10) {
  script.steps = {{"one", Next::kMore}, {"two", Next::kEnd}};
  Client client = Connect();
  client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_FALSE(client.Receive().has("chunked"));
  EXPECT_EQ(client.ReceiveRest(), "onetwo");
}

TEST_F(BodyStreamTest, HasNoBodyForHead) {
  Client client = Connect();
  client.Send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.Receive(true).has("transfer-encoding: chunked"));
  EXPECT_EQ(script.pulls, 0);
  handler = [](const Request&) { return Response{.body = "next"}; };
  client.Send(kGet);
  EXPECT_EQ(client.Receive().body, "next");
}

TEST_F(BodyStreamTest, WaitsUntilItIsWoken) {
  script.steps = {{"now", Next::kWait}};
  Client client = Connect();
  client.Send(kGet);
  client.Receive();
  EXPECT_THAT(client.ReceiveChunks(1), ElementsAre("now"));
  io.poll();
  EXPECT_EQ(script.pulls, 1);
  script.steps = {{"later", Next::kWait}};
  script.wake();
  EXPECT_THAT(client.ReceiveChunks(1), ElementsAre("later"));
  script.steps = {{"", Next::kEnd}};
  script.wake();
  EXPECT_THAT(client.ReceiveChunks(1), ElementsAre("0"));
  script.wake();  // after its end: nothing
  client.Send(kGet);
  EXPECT_EQ(client.Receive().status, 200u);
}

TEST_F(BodyStreamTest, FlushesWhatIsPackedBeforeItWaits) {
  script.steps = {{"first event\n", Next::kWait}};
  Client client = Connect();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_TRUE(client.Receive().has("content-encoding: gzip\r\n"));
  std::string packed = client.ReceiveChunks(1).at(0);
  script.steps = {{"the end\n", Next::kEnd}};
  script.wake();
  packed += client.ReceiveChunks(1).at(0);
  EXPECT_EQ(*Decode("gzip", packed, 1000), "first event\nthe end\n");
}

TEST_F(BodyStreamTest, PacksManyPieces) {
  std::string whole;
  for (int i = 0; i < 50; ++i) {
    const std::string piece = std::string(20'000, static_cast<char>('a' + i % 26)) + std::to_string(i);
    script.steps.emplace_back(piece, i < 49 ? Next::kMore : Next::kEnd);
    whole += piece;
  }
  Client client = Connect();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n");
  client.Receive();
  std::string packed;
  for (;;) {
    const auto chunk = client.ReceiveChunks(1);
    if (chunk.empty() || chunk[0] == "0") break;
    packed += chunk[0];
  }
  EXPECT_EQ(*Decode("gzip", packed, 2 << 20), whole);
}

TEST_F(BodyStreamTest, IsPulledNoFasterThanItIsTaken) {
  script.otherwise = {std::string(64 << 10, 'x'), Next::kMore};
  Client client = Connect();
  client.Send(kGet);
  // Until nothing happens any more.
  while (io.run_one_for(std::chrono::milliseconds(50)) > 0 && script.pulls < 1000) continue;
  EXPECT_LT(script.pulls, 16);  // what the kernel buffers for both sides: far from the megabytes that it would
  EXPECT_GT(script.pulls, 0);
  client.Close();
  while (server->stats().connections_open > 0) io.run_one();
  EXPECT_TRUE(script.gone);
}

TEST_F(BodyStreamTest, GivesUpOnAClientThatTakesNothing) {
  options.write_timeout = std::chrono::milliseconds(5);
  options.linger_timeout = std::chrono::milliseconds(1);
  script.otherwise = {std::string(64 << 10, 'x'), Next::kMore};
  Client client = Connect();
  client.Send(kGet);
  while (!script.gone) io.run_one();
  while (server->stats().connections_open > 0) io.run_one();
}

TEST_F(BodyStreamTest, EndsWhenItsClientGoesAwayInAPause) {
  Client client = Connect();
  client.Send(kGet);
  client.Receive();
  io.poll();
  client.Close();
  while (!script.gone) io.run_one();
}

TEST_F(BodyStreamTest, CutsTheConnectionWhereTheRestCannotBeHad) {
  script.steps = {{"half", Next::kMore}, {"", Next::kBreak}};
  Client client = Connect();
  client.Send(kGet);
  client.Receive();
  EXPECT_EQ(client.ReceiveRest(), "4\r\nhalf\r\n");
}

TEST_F(BodyStreamTest, CutsTheConnectionAfterAnException) {
  class Throwing : public BodyStream {
    Next Pull(std::string&) override { throw std::runtime_error("broken"); }
  };
  handler = [](const Request&) { return Response{.stream = std::make_shared<Throwing>()}; };
  Client client = Connect();
  client.Send(kGet);
  client.Receive();
  EXPECT_EQ(client.ReceiveRest(), "");
  EXPECT_THAT(exceptions, ElementsAre("broken"));
}

TEST_F(BodyStreamTest, EndsAStreamThatWaitsWhenTheServerDrains) {
  Client client = Connect();
  client.Send(kGet);
  client.Receive();
  io.poll();
  int done = 0;
  server->Drain(std::chrono::seconds(10), [&] { ++done; });
  EXPECT_THAT(client.ReceiveChunks(1), ElementsAre("0"));
  EXPECT_EQ(client.ReceiveRest(), "");
  client.Close();
  io.run();
  EXPECT_EQ(done, 1);
}

TEST_F(BodyStreamTest, MayOutliveItsServer) {
  Client client = Connect();
  client.Send(kGet);
  client.Receive();
  io.poll();
  server.reset();
  script.wake();
  io.run();
  EXPECT_TRUE(script.gone);
}

}  // namespace
}  // namespace lossd::http
