#include "cli/top/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <thread>

namespace lossd::cli {
namespace {

TEST(ParseServer, TakesAnAddressApart) {
  const Server server = *ParseServer("https://me:s%40cret@lossd.example:8443/prefix/");
  EXPECT_TRUE(server.url.tls);
  EXPECT_EQ(server.url.host, "lossd.example");
  EXPECT_EQ(server.url.port, "8443");
  EXPECT_EQ(server.username, "me");
  EXPECT_EQ(server.password, "s@cret");
  EXPECT_EQ(server.url.target, "/prefix");
  EXPECT_EQ(server.url.Text(), "https://lossd.example:8443/prefix");
}

TEST(ParseServer, HasDefaults) {
  EXPECT_EQ(ParseServer("http://host")->url.port, "10333");
  EXPECT_EQ(ParseServer("host")->url.port, "10333");
  EXPECT_EQ(ParseServer("http://host:80")->url.port, "80");
  EXPECT_EQ(ParseServer("https://host")->url.port, "443");
  EXPECT_EQ(ParseServer("http://[::1]:99/")->url.host, "::1");
  EXPECT_EQ(ParseServer("http://[::1]")->url.port, "10333");
}

TEST(ParseServer, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "http://", "ftp://host", "http://host:port", "http://host:", "http://host/?a=b"}) {
    EXPECT_FALSE(ParseServer(text).has_value()) << text;
  }
}

TEST(Fetch, NamesTheServerWithItsPortAndTheUser) {
  using boost::asio::ip::tcp;
  boost::asio::io_context io;
  tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  std::string request;
  std::thread one_answer([&] {
    tcp::socket socket = acceptor.accept();
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n");
    boost::asio::write(socket, boost::asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")));
  });
  const std::string place = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  const Fetched fetched =
      Fetch(*ParseServer("http://prom:secret@" + place + "/prefix"), "/api", std::chrono::seconds(5));
  one_answer.join();
  EXPECT_EQ(fetched.error, "");
  EXPECT_EQ(fetched.body, "body");
  EXPECT_THAT(request, testing::StartsWith("GET /prefix/api HTTP/1.1\r\n"));
  EXPECT_THAT(request, testing::HasSubstr("\r\nHost: " + place + "\r\n"));
  EXPECT_THAT(request, testing::HasSubstr("\r\nAuthorization: Basic cHJvbTpzZWNyZXQ=\r\n"));
}

TEST(Fetch, SaysWhyThereIsNoAnswer) {
  EXPECT_EQ(Fetch(*ParseServer("http://127.0.0.1:1"), "/", std::chrono::seconds(5)).error, "Connection refused");
}

}  // namespace
}  // namespace lossd::cli
