#include "cli/healthcheck.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <ostream>
#include <string_view>
#include <tuple>

#include "config/web_config.h"

namespace lossd::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kTimeout = std::chrono::seconds(5);
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Where a program on this machine reaches one that listens on `host`.
std::string Reachable(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

struct Answer {
  int status = 0;  ///< 0: none came
  boost::system::error_code error = asio::error::timed_out;
};

template <typename Stream>
asio::awaitable<void> Ask(Stream& stream, Answer& answer) {
  constexpr std::string_view kRequest = "GET /-/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  std::string text;
  std::tie(answer.error, std::ignore) = co_await asio::async_write(stream, asio::buffer(kRequest), kAwait);
  if (answer.error) co_return;
  std::tie(answer.error, std::ignore) =
      co_await asio::async_read_until(stream, asio::dynamic_buffer(text), "\r\n", kAwait);
  const std::size_t blank = text.find(' ');
  if (blank != std::string::npos) std::from_chars(text.data() + blank + 1, text.data() + text.size(), answer.status);
}

asio::awaitable<void> Probe(std::string host, std::string port, bool tls, Answer& answer) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  tcp::socket socket(executor);
  const auto [unknown, found] = co_await resolver.async_resolve(host, port, kAwait);
  if (unknown) {
    answer.error = unknown;
    co_return;
  }
  const auto [refused, endpoint] = co_await asio::async_connect(socket, found, kAwait);
  if (refused) {
    answer.error = refused;
  } else if (!tls) {
    co_await Ask(socket, answer);
  } else {
    // Whoever answers on this machine's own port needs no proof of who he is.
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<tcp::socket&> stream(socket, context);
    const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, kAwait);
    if (error) {
      answer.error = error;
    } else {
      co_await Ask(stream, answer);
    }
  }
}

}  // namespace

int RunHealthcheck(const std::string& address, const std::string& web_config_file, std::ostream& err) {
  const auto fail = [&](std::string_view reason) {
    err << "lossd: " << address << ": " << reason << '\n';
    return 1;
  };
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return fail("want HOST:PORT");
  bool tls = false;
  if (!web_config_file.empty()) {
    const config::WebConfigDocument document = config::LoadWebConfig(web_config_file);
    if (!document.errors.empty()) return fail(document.errors.front().Text());
    tls = document.config.tls.has_value();
  }
  asio::io_context io;
  Answer answer;
  asio::co_spawn(io, Probe(Reachable(address.substr(0, colon)), address.substr(colon + 1), tls, answer),
                 asio::detached);
  io.run_for(kTimeout);
  if (answer.status == 200) return 0;
  if (answer.status == 0) return fail(answer.error.message());
  if (answer.status == 401) return fail("needs a user: put /-/ready into unauthenticated_paths");
  return fail("not ready (status " + std::to_string(answer.status) + ")");
}

}  // namespace lossd::cli
