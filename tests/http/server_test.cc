#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/content_coding.h"
#include "http/loopback.h"

namespace lossd::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kGet = "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n";

std::string Post(std::string_view body, std::string_view fields = "") {
  return "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

TEST_F(ServerTest, AnswersAGet) {
  const Reply reply = Ask(kGet);
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.body, "GET /metrics ");
  EXPECT_TRUE(reply.has("content-type: text/plain; charset=utf-8\r\n"));
  EXPECT_TRUE(reply.has("date: "));
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].query, "x=1");
  EXPECT_EQ(requests[0].header("host"), "a");
  EXPECT_EQ(server->stats().requests_by_code.at(200), 1u);
}

TEST_F(ServerTest, HandsOverABody) { EXPECT_EQ(Ask(Post("hello")).body, "POST /p hello"); }

TEST_F(ServerTest, JoinsAChunkedBody) {
  const Reply reply =
      Ask("POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_EQ(reply.body, "POST /p abcde");
}

TEST_F(ServerTest, KeepsTheConnection) {
  Client client = Connect();
  for (int i = 0; i < 3; ++i) {
    client.Send(kGet);
    EXPECT_EQ(client.Receive().status, 200u);
  }
  EXPECT_FALSE(client.closed());
  EXPECT_EQ(server->stats().connections_accepted, 1u);
  EXPECT_EQ(server->stats().connections_open, 1u);
}

TEST_F(ServerTest, ClosesWhereTheClientAsksForIt) {
  Client client = Connect();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.Receive().has("connection: close"));
  EXPECT_EQ(client.ReceiveRest(), "");
}

TEST_F(ServerTest, ClosesAfterHttp10) {
  Client client = Connect();
  client.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 200u);
  EXPECT_EQ(client.ReceiveRest(), "");
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Client client = Connect();
  client.Send(Post("one") + Post("two") + "\r\n" + Post("three"));
  EXPECT_EQ(client.Receive().body, "POST /p one");
  EXPECT_EQ(client.Receive().body, "POST /p two");
  EXPECT_EQ(client.Receive().body, "POST /p three");
}

TEST_F(ServerTest, AnswersARequestThatComesByteByByte) {
  Client client = Connect();
  for (const char c : Post("slow")) client.Send({&c, 1});
  EXPECT_EQ(client.Receive().body, "POST /p slow");
}

TEST_F(ServerTest, AnswersAClientThatEndsItsSide) {
  Client client = Connect();
  client.Send(kGet);
  client.EndSending();
  EXPECT_EQ(client.Receive().status, 200u);
  EXPECT_EQ(client.ReceiveRest(), "");
}

TEST_F(ServerTest, AnswersHeadAsGetWithoutBody) {
  Client client = Connect();
  client.Send("HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.Receive(true).has("content-length: 13\r\n"));
  EXPECT_EQ(requests.at(0).method, "GET");
  client.Send(kGet);
  EXPECT_EQ(client.Receive().body, "GET /metrics ");
}

TEST_F(ServerTest, TakesTheAbsoluteFormOfATarget) {
  EXPECT_EQ(Ask("GET http://h:1/a?q HTTP/1.1\r\nHost: h\r\n\r\n").body, "GET /a ");
  EXPECT_EQ(requests.at(0).query, "q");
}

TEST_F(ServerTest, InvitesABodyThatIsExpectedToContinue) {
  Client client = Connect();
  client.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100u);
  client.Send("ok");
  EXPECT_EQ(client.Receive().body, "POST /p ok");
}

TEST_F(ServerTest, RefusesAnotherExpectation) {
  EXPECT_EQ(Ask("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: tea\r\n\r\n").status, 417u);
}

TEST_F(ServerTest, DecodesAGzipBody) {
  const std::string packed = Gzip("samples");
  EXPECT_EQ(Ask(Post(packed, "Content-Encoding: gzip\r\n")).body, "POST /p samples");
}

TEST_F(ServerTest, PacksALongAnswerWhereTheClientTakesGzip) {
  const std::string page(5000, 'x');
  handler = [&](const Request&) { return Response{.body = page}; };
  const Reply packed = Ask("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_TRUE(packed.has("content-encoding: gzip\r\n"));
  EXPECT_TRUE(packed.has("vary: accept-encoding\r\n"));
  EXPECT_EQ(*Decode("gzip", packed.body, 10000), page);
  const Reply bare = Ask(kGet);
  EXPECT_FALSE(bare.has("content-encoding"));
  EXPECT_EQ(bare.body, page);
}

TEST_F(ServerTest, DoesNotLetAHandlerBreakTheHead) {
  handler = [](const Request&) { return Response{.headers = {{"X-Bad", "a\r\nX-Worse: b"}, {"X-Good", "c"}}}; };
  const Reply reply = Ask(kGet);
  EXPECT_FALSE(reply.has("worse"));
  EXPECT_TRUE(reply.has("x-good: c\r\n"));
}

TEST_F(ServerTest, Gives204NoLength) {
  handler = [](const Request&) { return Response{.status = 204}; };
  EXPECT_FALSE(Ask(kGet).has("content-length"));
}

// Refused input, by code. `requests` stays empty: the handler never sees any of it.

TEST_F(ServerTest, Gives400ForWhatIsNotHttp) {
  for (const std::string_view bytes : {
           "hello\r\n\r\n",
           "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTX/1.1\r\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n Content-Length: 5\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
           "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
       }) {
    Client client = Connect();
    client.Send(bytes);
    EXPECT_EQ(client.Receive().status, 400u) << bytes;
    EXPECT_EQ(client.ReceiveRest(), "") << bytes;
  }
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives408ForAHeadThatDribbles) {
  options.header_timeout = std::chrono::milliseconds(30);
  Client client = Connect();
  client.Send("GET / HTTP/1.1\r\nHost: a\r\n");
  // A byte now and then must not push the deadline back.
  for (int i = 0; i < 1000 && server->stats().requests_by_code.empty(); ++i) {
    client.Send("x");
    io.run_one_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(client.Receive().status, 408u);
  EXPECT_EQ(client.ReceiveRest(), "");
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives408ForABodyThatDoesNotCome) {
  options.body_timeout = std::chrono::milliseconds(5);
  Client client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(client.Receive().status, 408u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, GivesEveryRequestADeadlineOfItsOwn) {
  options.header_timeout = std::chrono::milliseconds(40);
  Client client = Connect();
  const auto start = std::chrono::steady_clock::now();
  // One request after another, beyond the time that one may take.
  for (int served = 0; served < 2 || std::chrono::steady_clock::now() - start < std::chrono::milliseconds(120);
       ++served) {
    client.Send(kGet);
    ASSERT_EQ(client.Receive().status, 200u) << "after " << served;
  }
}

TEST_F(ServerTest, GivesUpOnAClientThatDoesNotRead) {
  options.write_timeout = std::chrono::milliseconds(5);
  options.linger_timeout = std::chrono::milliseconds(1);
  handler = [](const Request&) { return Response{.body = std::string(64 << 20, 'x')}; };
  Client client = Connect();
  client.Send(kGet);
  while (server->stats().requests_by_code.empty()) io.run_one();
  while (server->stats().connections_open > 0) io.run_one();
  EXPECT_EQ(client.Receive().status, 200u);
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, ClosesAnIdleConnectionWithoutAWord) {
  options.idle_timeout = std::chrono::milliseconds(5);
  Client client = Connect();
  EXPECT_EQ(client.ReceiveRest(), "");
  EXPECT_THAT(server->stats().requests_by_code, IsEmpty());
}

TEST_F(ServerTest, Gives413BeforeItReadsAnOverlongBody) {
  options.max_body_bytes = 100;
  Client client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 413u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, TakesABodyOfJustTheLimit) {
  options.max_body_bytes = 100;
  EXPECT_EQ(Ask(Post(std::string(100, 'x'))).status, 200u);
  EXPECT_EQ(Ask(Post(std::string(101, 'x'))).status, 413u);
}

TEST_F(ServerTest, Gives413ToAClientThatSendsOnRegardless) {
  options.max_body_bytes = 100;
  Client client = Connect();
  client.Send(Post(std::string(1 << 20, 'x')));
  EXPECT_EQ(client.Receive().status, 413u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives413ForAnOverlongChunkedBody) {
  options.max_body_bytes = 100;
  EXPECT_EQ(
      Ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x')).status,
      413u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives413ForABomb) {
  options.max_body_bytes = 100'000;
  EXPECT_EQ(Ask(Post(Gzip(std::string(10'000'000, 0)), "Content-Encoding: gzip\r\n")).status, 413u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives400ForABodyThatIsNotWhatItsCodingSays) {
  const std::string packed = Gzip("samples");
  EXPECT_EQ(Ask(Post("samples", "Content-Encoding: gzip\r\n")).status, 400u);
  EXPECT_EQ(Ask(Post(packed.substr(0, packed.size() - 1), "Content-Encoding: gzip\r\n")).status, 400u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives415ForACodingThatItDoesNotKnow) {
  const Reply reply = Ask(Post("x", "Content-Encoding: br\r\n"));
  EXPECT_EQ(reply.status, 415u);
  EXPECT_TRUE(reply.has("accept-encoding: gzip, deflate, snappy"));
  EXPECT_THAT(reply.body, HasSubstr("only gzip, deflate and snappy are understood"));
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives431ForAnOverlongHead) {
  options.max_header_bytes = 1000;
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x');
  EXPECT_EQ(Ask(head).status, 431u);
  EXPECT_EQ(Ask("GET /" + std::string(1000, 'x')).status, 431u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives501ForAnUnknownTransferCoding) {
  for (const std::string_view coding : {"gzip, chunked", "gzip", "chunked, gzip", "identity"}) {
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + std::string(coding) + "\r\n\r\n";
    EXPECT_EQ(Ask(head + "0\r\n\r\n").status, 501u) << coding;
  }
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, Gives505ForAnotherVersionOfHttp) {
  EXPECT_EQ(Ask("GET / HTTP/2.0\r\nHost: a\r\n\r\n").status, 505u);
  EXPECT_EQ(Ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status, 505u);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, NeverHandsOverATruncatedBody) {
  Client client = Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  client.EndSending();
  EXPECT_EQ(client.Receive().status, 400u);
  Client vanished = Connect();
  vanished.Send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  io.poll();
  vanished.Close();
  EXPECT_EQ(Ask(kGet).status, 200u);
  EXPECT_THAT(requests, SizeIs(1));
}

TEST_F(ServerTest, TurnsAnExceptionInto500AndGoesOn) {
  handler = [](const Request&) -> Response { throw std::runtime_error("broken"); };
  Client client = Connect();
  client.Send(kGet);
  EXPECT_EQ(client.Receive().status, 500u);
  EXPECT_THAT(exceptions, ElementsAre("broken"));
  handler = [](const Request&) { return Response{}; };
  client.Send(kGet);
  EXPECT_EQ(client.Receive().status, 200u);
}

TEST_F(ServerTest, Gives503BeyondTheLimitOfConnections) {
  options.max_connections = 2;
  Client first = Connect(), second = Connect();
  first.Send(kGet), second.Send(kGet);
  EXPECT_EQ(first.Receive().status, 200u);
  EXPECT_EQ(second.Receive().status, 200u);
  {
    Client third = Connect();
    third.Send(kGet);
    EXPECT_EQ(third.Receive().status, 503u);
    EXPECT_EQ(third.ReceiveRest(), "");
  }
  EXPECT_EQ(server->stats().connections_refused, 1u);
  first.Close();
  while (server->stats().connections_open > 1) io.run_one();
  EXPECT_EQ(Ask(kGet).status, 200u);
}

TEST_F(ServerTest, GivesNoPlaceToThoseThatItRefuses) {
  options.max_connections = 2;
  options.linger_timeout = std::chrono::seconds(30);
  Client first = Connect(), second = Connect();
  first.Send(kGet), second.Send(kGet);
  EXPECT_EQ(first.Receive().status, 200u);
  EXPECT_EQ(second.Receive().status, 200u);
  Client refused = Connect();
  EXPECT_EQ(refused.Receive().status, 503u);
  // It stays open for as long as its client likes; the place that becomes free is another's all the same.
  first.Close();
  while (server->stats().connections_open > 2) io.run_one();
  EXPECT_EQ(Ask(kGet).status, 200u);
  EXPECT_FALSE(refused.closed());
}

TEST_F(ServerTest, MakesRoomBeyondTheLimitByTheOneThatItWaitsForLongest) {
  options.max_connections = 2;
  options.crowded_wait = std::chrono::milliseconds(0);
  for (const std::string_view begun :
       {"", "GET / HTTP/1.1\r\nHost: a\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab"}) {
    Client slow = Connect();
    slow.Send(begun);
    io.poll();
    Client other = Connect();
    other.Send(kGet);
    EXPECT_EQ(other.Receive().status, 200u);
    const std::uint64_t before = server->stats().connections_refused;
    EXPECT_EQ(Ask(kGet).status, 200u);
    EXPECT_EQ(slow.ReceiveRest(), "");
    EXPECT_EQ(server->stats().connections_refused, before + 1);
    other.Send(kGet);
    EXPECT_EQ(other.Receive().status, 200u);
    other.Close();
    while (server->stats().connections_open > 0) io.run_one();
  }
}

// The sum of all bodies.

TEST_F(ServerTest, EndsTheLargestBodyWhereAllAreTooMuch) {
  options.max_body_bytes = 1000;
  const auto begin = [&](std::size_t bytes) {
    Client client = Connect();
    client.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(bytes, 'x'));
    io.poll();
    return client;
  };
  Client small = begin(10), largest = begin(990);
  std::vector<Client> large;
  for (int i = 0; i < 3; ++i) large.push_back(begin(980));
  EXPECT_EQ(largest.ReceiveRest(), "");
  small.Send(std::string(990, 'x'));
  EXPECT_EQ(small.Receive().status, 200u);
  EXPECT_EQ(server->stats().connections_open, 4u);
}

TEST_F(ServerTest, RefusesABodyThatIsTheLargestOfTooMany) {
  options.max_body_bytes = 1000;
  std::vector<Client> large;
  for (const std::size_t bytes : {880u, 880u, 880u, 900u}) {
    large.push_back(Connect());
    large.back().Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n" + std::string(bytes, 'x'));
    io.poll();
  }
  EXPECT_EQ(large[3].Receive().status, 503u);
  EXPECT_THAT(requests, IsEmpty());
  large[0].Send(std::string(120, 'x'));
  EXPECT_EQ(large[0].Receive().status, 200u);
}

TEST_F(ServerTest, CountsHeadsThatDoNotEnd) {
  options.max_body_bytes = 1000;
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(Connect());
    clients.back().Send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1100 + i, 'x'));
    io.poll();
  }
  EXPECT_EQ(clients[3].Receive().status, 503u);
  EXPECT_EQ(Ask(kGet).status, 200u);
}

TEST_F(ServerTest, CountsAnswersThatAreNotTaken) {
  options.max_body_bytes = 16 << 20;
  const std::string page(20 << 20, 'x');
  handler = [&](const Request& request) { return Response{.body = request.path == "/page" ? page : "short"}; };
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 4; ++i) {
    clients.push_back(Connect());
    clients.back().Send("GET /page HTTP/1.1\r\nHost: a\r\n\r\n");
    RunUntil([&] { return requests.size() > i; });
    for (int turns = 0; turns < 50; ++turns) io.poll();
  }
  std::size_t whole = 0;
  for (Client& client : clients) whole += client.Receive().body.size() == page.size() ? 1 : 0;
  EXPECT_EQ(whole, 2u);  // more than these do not fit
  EXPECT_EQ(Ask(kGet).body, "short");
}

TEST_F(ServerTest, TakesOneAnswerHoweverLarge) {
  options.max_body_bytes = 1000;
  handler = [](const Request&) { return Response{.body = std::string(1 << 20, 'x')}; };
  EXPECT_EQ(Ask(kGet).body.size(), std::size_t{1} << 20);
}

// Patience.

TEST_F(ServerTest, IsNotKeptAwakeByLineBreaks) {
  options.idle_timeout = std::chrono::milliseconds(30);
  options.linger_timeout = std::chrono::milliseconds(1);
  Client client = Connect();
  while (server->stats().connections_accepted == 0) io.run_one();
  for (int i = 0; i < 2000 && server->stats().connections_open > 0; ++i) {
    client.Send("\r\n");
    io.run_one_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(server->stats().connections_open, 0u);
  EXPECT_THAT(server->stats().requests_by_code, IsEmpty());
}

TEST_F(ServerTest, GivesAFreshClientTheIdlePlaceOfACrowd) {
  options.max_connections = 4;
  options.crowded_wait = std::chrono::milliseconds(0);
  std::vector<Client> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.push_back(Connect());
    crowd.back().Send(kGet);
    EXPECT_EQ(crowd.back().Receive().status, 200u);
  }
  EXPECT_EQ(Ask(kGet).status, 200u);
  EXPECT_EQ(crowd[0].ReceiveRest(), "");  // idle for longest
}

// Drain.

TEST_F(ServerTest, DrainsAtOnceWhereNobodyIsConnected) {
  server = std::make_unique<Server>(io, options, handler);
  int done = 0;
  server->Drain(std::chrono::seconds(10), [&] { ++done; });
  io.run();
  EXPECT_EQ(done, 1);
}

TEST_F(ServerTest, DrainClosesIdleConnectionsAndRefusesNewOnes) {
  Client client = Connect();
  client.Send(kGet);
  EXPECT_EQ(client.Receive().status, 200u);
  int done = 0;
  server->Drain(std::chrono::seconds(10), [&] { ++done; });
  EXPECT_EQ(client.ReceiveRest(), "");
  EXPECT_THROW(Client(io, endpoint), boost::system::system_error);
  client.Close();
  io.run();
  EXPECT_EQ(done, 1);
}

TEST_F(ServerTest, DrainLetsARequestUnderWayFinish) {
  Client client = Connect();
  client.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100u);
  int done = 0;
  server->Drain(std::chrono::minutes(10), [&] { ++done; });
  io.poll();
  EXPECT_EQ(done, 0);
  client.Send("abcde");
  const Reply reply = client.Receive();
  EXPECT_EQ(reply.body, "POST /p abcde");
  EXPECT_TRUE(reply.has("connection: close"));
  client.Close();
  io.run();
  EXPECT_EQ(done, 1);
}

TEST_F(ServerTest, DrainForcesWhatDoesNotEnd) {
  Client client = Connect();
  client.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  io.poll();
  int done = 0;
  server->Drain(std::chrono::milliseconds(1), [&] { ++done; });
  io.run();
  EXPECT_EQ(done, 1);
  EXPECT_THAT(requests, IsEmpty());
}

TEST_F(ServerTest, MayBeDestroyedWithConnectionsOpen) {
  Client client = Connect();
  client.Send("POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  io.poll();
  server.reset();
  io.run();
  EXPECT_EQ(client.ReceiveRest(), "");
}

// Addresses.

TEST(ServerListen, TakesEveryFormOfAddress) {
  boost::asio::io_context io;
  Server server(io, {}, [](const Request&) { return Response{}; });
  for (const char* address : {"127.0.0.1:0", ":0", "localhost:0"}) {
    const auto at = server.Listen(address);
    ASSERT_TRUE(at.has_value()) << address << ": " << at.error().message();
    EXPECT_NE(at->port(), 0);
  }
}

TEST(ServerListen, RefusesWhatIsNoAddress) {
  boost::asio::io_context io;
  Server server(io, {}, [](const Request&) { return Response{}; });
  for (const char* address :
       {"", "localhost", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "::1:80", "127.0.0.1:+1"}) {
    EXPECT_FALSE(server.Listen(address).has_value()) << address;
  }
}

TEST(ServerListen, SaysThatAPortIsTaken) {
  boost::asio::io_context io;
  Server server(io, {}, [](const Request&) { return Response{}; });
  const auto first = server.Listen("127.0.0.1:0");
  ASSERT_TRUE(first.has_value());
  const auto second = server.Listen("127.0.0.1:" + std::to_string(first->port()));
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(), boost::system::errc::address_in_use);
}

}  // namespace
}  // namespace lossd::http
