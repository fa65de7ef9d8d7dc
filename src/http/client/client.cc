#include "http/client/client.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <memory>
#include <optional>

#include "http/client/client_connection.h"
#include "http/content_coding.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Result = boost::system::result<ClientResponse, ClientError>;

constexpr std::size_t kMostHeadBytes = 64 * 1024;

/// One request on its way.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, ClientRequest request, const ClientOptions& options, std::function<void(Result)> done)
      : request_(std::move(request)), options_(options), done_(std::move(done)), resolver_(io), timer_(io), io_(io) {}

  void Start() {
    timer_.expires_after(options_.timeout);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->Finish(ClientError{"no answer in time"});
    });
    // Not at once: a coroutine begins within co_spawn.
    asio::post(io_, [self = shared_from_this()] {
      asio::co_spawn(
          self->io_, [self] { return self->Run(); },
          [self](std::exception_ptr) { self->Finish(ClientError{"an unexpected failure"}); });
    });
  }

  void GiveUp() { Finish(ClientError{"given up"}); }

 private:
  asio::awaitable<void> Run() {
    if (!done_) co_return;  // given up before it began
    try {
      Result result = co_await Ask();
      Finish(std::move(result));
    } catch (const ClientError& error) {
      Finish(error);
    } catch (const boost::system::system_error& error) {
      Finish(ClientError{error.code().message()});
    }
  }

  asio::awaitable<Result> Ask() {
    const std::string authorization = Authorization(options_);
    const auto tls = request_.url.tls ? MakeClientContext(options_) : nullptr;
    const auto endpoints = co_await resolver_.async_resolve(request_.url.host, request_.url.port, asio::use_awaitable);
    tcp::socket socket(io_);
    socket_ = &socket;
    const Forget forget{*this};  // also where it cannot connect
    co_await asio::async_connect(socket, endpoints, asio::use_awaitable);
    socket_ = nullptr;
    Stream stream(std::move(socket), tls);
    socket_ = &stream.socket();
    if (tls) co_await ShakeHands(stream, request_.url, options_);
    beast::http::request<beast::http::string_body> out(beast::http::string_to_verb(request_.method),
                                                       request_.url.target, 11);
    out.set(beast::http::field::host, request_.url.Authority());
    out.set(beast::http::field::user_agent, "lossd");
    out.set(beast::http::field::connection, "close");
    out.set(beast::http::field::accept_encoding, "gzip");
    if (!authorization.empty()) out.set(beast::http::field::authorization, authorization);
    for (const auto& [name, value] : request_.headers) out.set(name, value);
    out.body() = std::move(request_.body);
    if (!out.body().empty() || request_.method == "POST" || request_.method == "PUT") out.prepare_payload();
    co_await beast::http::async_write(stream, out, asio::use_awaitable);
    beast::flat_buffer buffer;
    beast::http::response_parser<beast::http::string_body> parser;
    parser.body_limit(options_.max_body_bytes);
    parser.header_limit(kMostHeadBytes);
    co_await beast::http::async_read(stream, buffer, parser, asio::use_awaitable);
    co_return Take(parser.get());
  }

  Result Take(beast::http::response<beast::http::string_body>& in) {
    ClientResponse response;
    response.status = in.result_int();
    for (const auto& field : in) {
      std::string name(field.name_string());
      std::ranges::transform(name, name.begin(),
                             [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
      response.headers.emplace_back(std::move(name), std::string(field.value()));
    }
    auto body = Decode(response.header("content-encoding"), std::move(in.body()), options_.max_body_bytes);
    if (!body) return ClientError{"the answer's content coding is wrong, unknown, or hides too much"};
    response.body = std::move(*body);
    return response;
  }

  /// Once.
  void Finish(Result result) {
    if (!done_) return;
    timer_.cancel();
    resolver_.cancel();
    boost::system::error_code ignored;
    if (socket_ != nullptr) socket_->close(ignored);
    std::exchange(done_, nullptr)(std::move(result));
  }

  struct Forget {
    Exchange& exchange;
    ~Forget() { exchange.socket_ = nullptr; }
  };

  ClientRequest request_;
  ClientOptions options_;
  std::function<void(Result)> done_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  asio::io_context& io_;
  tcp::socket* socket_ = nullptr;  ///< that of the coroutine, while it lives
};

}  // namespace

std::string_view ClientResponse::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, [](const auto& pair) -> std::string_view { return pair.first; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::function<void()> Fetch(asio::io_context& io, ClientRequest request, const ClientOptions& options,
                            std::function<void(Result)> done) {
  const auto exchange = std::make_shared<Exchange>(io, std::move(request), options, std::move(done));
  exchange->Start();
  return [weak = std::weak_ptr(exchange)] {
    if (const auto running = weak.lock()) running->GiveUp();
  };
}

}  // namespace lossd::http
