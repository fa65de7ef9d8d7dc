#include "cli/top/fetch.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <tuple>
#include <utility>

namespace lossd::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxAnswer = 64 << 20;

std::string Base64(const std::string& text) {
  std::string coded((text.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(coded.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  coded.resize(static_cast<std::size_t>(size));
  return coded;
}

std::string Decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3) {
      plain += static_cast<char>(code);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool IsLoopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

template <typename Stream>
asio::awaitable<void> Ask(Stream& stream, const Url& url, const std::string& target, Fetched& fetched) {
  http::request<http::empty_body> request(http::verb::get, url.path + target, 11);
  request.set(http::field::host, url.host);
  request.set(http::field::connection, "close");
  if (!url.user.empty()) request.set(http::field::authorization, "Basic " + Base64(url.user));
  auto [error, size] = co_await http::async_write(stream, request, kAwait);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswer);
  if (!error) std::tie(error, size) = co_await http::async_read(stream, buffer, parser, kAwait);
  if (error) {
    fetched.error = error.message();
  } else if (parser.get().result() == http::status::unauthorized) {
    fetched.error = "needs a user: http://USER:PASSWORD@HOST:PORT";
  } else if (parser.get().result() != http::status::ok) {
    fetched.error = "answers with status " + std::to_string(parser.get().result_int());
  } else {
    fetched.error.clear();
    fetched.body = std::move(parser.get().body());
  }
}

asio::awaitable<void> Run(const Url& url, const std::string& target, Fetched& fetched) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  tcp::socket socket(executor);
  const auto [unknown, found] = co_await resolver.async_resolve(url.host, url.port, kAwait);
  if (unknown) {
    fetched.error = unknown.message();
    co_return;
  }
  const auto [refused, endpoint] = co_await asio::async_connect(socket, found, kAwait);
  if (refused) {
    fetched.error = refused.message();
    co_return;
  }
  if (!url.tls) {
    co_await Ask(socket, url, target, fetched);
    co_return;
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket&> stream(socket, context);
  if (!IsLoopback(url.host)) {
    context.set_default_verify_paths();
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  }
  SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (failed) {
    fetched.error = failed.message();
  } else {
    co_await Ask(stream, url, target, fetched);
  }
}

}  // namespace

std::optional<Url> ParseUrl(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else if (text.find("://") != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view authority = text.substr(0, text.find('/'));
  url.path = text.substr(authority.size());
  while (url.path.ends_with('/')) url.path.pop_back();
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) url.user = Decoded(authority.substr(0, at));
  const std::string_view place = at == std::string_view::npos ? authority : authority.substr(at + 1);
  const std::size_t bracket = place.rfind(']'), colon = place.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  url.host = place.substr(0, has_port ? colon : place.size());
  url.port = has_port ? place.substr(colon + 1) : url.tls ? "443" : "10333";
  if (url.host.starts_with('[') && url.host.ends_with(']')) url.host = url.host.substr(1, url.host.size() - 2);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (url.host.empty() || url.port.empty() || !std::ranges::all_of(url.port, is_digit)) return std::nullopt;
  return url;
}

Fetched Fetch(const Url& url, const std::string& target, std::chrono::milliseconds timeout) {
  asio::io_context io;
  Fetched fetched;
  fetched.error = "does not answer";
  asio::co_spawn(io, Run(url, target, fetched), asio::detached);
  io.run_for(timeout);
  return fetched;
}

}  // namespace lossd::cli
