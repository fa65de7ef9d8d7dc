#include "http/client/client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <optional>

#include "http/loopback.h"

namespace lossd::http {
namespace {

class FetchTest : public ServerTest {
 protected:
  boost::system::result<ClientResponse, ClientError> Ask(ClientRequest request, const ClientOptions& client = {}) {
    std::optional<boost::system::result<ClientResponse, ClientError>> answer;
    Fetch(io, std::move(request), client, [&](auto response) { answer = std::move(response); });
    EXPECT_FALSE(answer) << "not from within the call";
    while (!answer) io.run_one_for(std::chrono::seconds(10));
    return *answer;
  }
  ClientRequest Of(const std::string& target) {
    Connect();  // starts the server
    ClientRequest request;
    request.url = *ParseUrl("http://127.0.0.1:" + std::to_string(endpoint.port()) + target);
    return request;
  }
};

TEST_F(FetchTest, SendsMethodTargetHeadersAndBody) {
  ClientRequest request = Of("/a?b=c");
  request.method = "POST";
  request.headers = {{"X-Thing", "yes"}};
  request.body = "body";
  const auto answer = Ask(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200U);
  EXPECT_EQ(answer->body, "POST /a body");
  EXPECT_EQ(requests.back().query, "b=c");
  EXPECT_EQ(requests.back().header("x-thing"), "yes");
}

TEST_F(FetchTest, UndoesGzip) {
  const std::string page(100000, 'x');
  handler = [&](const Request&) { return Response{.body = page}; };
  const auto answer = Ask(Of("/"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, page);
}

TEST_F(FetchTest, AnAnswerThatIsTooLargeIsAnError) {
  handler = [&](const Request&) { return Response{.body = std::string(100000, 'x')}; };
  ClientOptions client;
  client.max_body_bytes = 99999;
  EXPECT_FALSE(Ask(Of("/"), client));
}

TEST_F(FetchTest, ShowsWhoWeAre) {
  ClientOptions client;
  client.username = "prom";
  client.password = "secret";
  ASSERT_TRUE(Ask(Of("/"), client));
  EXPECT_EQ(requests.back().header("authorization"), "Basic cHJvbTpzZWNyZXQ=");
  client.bearer_token = "token";
  ASSERT_TRUE(Ask(Of("/"), client));
  EXPECT_EQ(requests.back().header("authorization"), "Bearer token");
  client.bearer_token_file = "/nonexistent/token";
  EXPECT_EQ(Ask(Of("/"), client).error().reason, "cannot read /nonexistent/token");
}

TEST_F(FetchTest, AStatusIsNoError) {
  handler = [](const Request&) { return Response{.status = 503}; };
  EXPECT_EQ(Ask(Of("/"))->status, 503U);
}

TEST_F(FetchTest, NobodyThereIsAnError) {
  // A port that somebody holds, and where he does not listen.
  boost::asio::ip::tcp::socket held(io, {boost::asio::ip::address_v4::loopback(), 0});
  ClientRequest request;
  request.url = *ParseUrl("http://127.0.0.1:" + std::to_string(held.local_endpoint().port()));
  const auto answer = Ask(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, "Connection refused");
}

TEST_F(FetchTest, GivesUpInTime) {
  boost::asio::ip::tcp::acceptor silent(io, {boost::asio::ip::address_v4::loopback(), 0});
  ClientRequest request;
  request.url = *ParseUrl("http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()));
  ClientOptions client;
  client.timeout = std::chrono::milliseconds(20);
  const auto answer = Ask(request, client);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, "no answer in time");
}

}  // namespace
}  // namespace lossd::http
