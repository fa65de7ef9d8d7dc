#include "http/client/client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/detail/base64.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <fstream>
#include <memory>
#include <optional>

#include "http/content_coding.h"
#include "http/stream.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Result = boost::system::result<ClientResponse, ClientError>;

constexpr std::size_t kMostHeadBytes = 64 * 1024;

/// The first line of a file, as tokens and passwords are kept.
std::string ReadSecret(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw ClientError{"cannot read " + path};
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

std::string Base64(const std::string& text) {
  std::string encoded(beast::detail::base64::encoded_size(text.size()), '\0');
  encoded.resize(beast::detail::base64::encode(encoded.data(), text.data(), text.size()));
  return encoded;
}

std::string Authorization(const ClientOptions& options) {
  if (!options.bearer_token.empty() || !options.bearer_token_file.empty()) {
    return "Bearer " +
           (options.bearer_token_file.empty() ? options.bearer_token : ReadSecret(options.bearer_token_file));
  }
  if (options.username.empty()) return "";
  return "Basic " + Base64(options.username + ':' +
                           (options.password_file.empty() ? options.password : ReadSecret(options.password_file)));
}

std::shared_ptr<TlsContext> MakeClientContext(const ClientOptions& options) {
  auto tls = std::make_shared<TlsContext>(TlsContext{asio::ssl::context(asio::ssl::context::tls_client)});
  SSL_CTX_set_min_proto_version(tls->context.native_handle(), TLS1_2_VERSION);
  boost::system::error_code error;
  if (options.ca_file.empty()) {
    tls->context.set_default_verify_paths(error);
  } else {
    tls->context.load_verify_file(options.ca_file, error);
    if (error) throw ClientError{"cannot read the authorities in " + options.ca_file + ": " + error.message()};
  }
  if (!options.cert_file.empty()) {
    tls->context.use_certificate_chain_file(options.cert_file, error);
    if (error) throw ClientError{"cannot use the certificate " + options.cert_file + ": " + error.message()};
    tls->context.use_private_key_file(options.key_file, asio::ssl::context::pem, error);
    if (error) throw ClientError{"cannot use the key " + options.key_file + ": " + error.message()};
  }
  return tls;
}

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
    if (tls) co_await Shake(stream);
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

  asio::awaitable<void> Shake(Stream& stream) {
    const std::string name = options_.server_name.empty() ? request_.url.host : options_.server_name;
    SSL_set_tlsext_host_name(stream.tls().native_handle(), name.c_str());
    if (!options_.insecure_skip_verify) {
      stream.tls().set_verify_mode(asio::ssl::verify_peer);
      stream.tls().set_verify_callback(asio::ssl::host_name_verification(name));
    }
    co_await stream.tls().async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
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
