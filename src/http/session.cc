#include "http/session.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <ctime>

#include "http/content_coding.h"
#include "http/request_head.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstRead = 4096;
constexpr std::size_t kReadAhead = 64 * 1024;  // beside the head: chunk headers and pipelined requests
constexpr std::size_t kGzipMinimum = 1024;     // below it, the gain is less than the cost
constexpr std::size_t kWholeBodies = 8;        // of the greatest size, that may be held at once
constexpr std::chrono::milliseconds kRecancel{20};

/// What an error of the parser is to the client; 0 where there is nobody left to tell.
unsigned StatusOf(const error_code& failure, std::string_view unparsed) {
  using beast::http::error;
  if (failure == error::header_limit || failure == error::buffer_overflow) return 431;
  if (failure == error::body_limit) return 413;
  if (failure == error::bad_version && NamesOtherHttpVersion(unparsed)) return 505;
  return failure.category() == make_error_code(error::bad_method).category() ? 400 : 0;
}

std::string HttpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
}

Response Plain(unsigned status, std::string_view reason) {
  return {.status = status, .body = std::string(reason) + "\n"};
}

/// Header values come from handlers, which may put in what a client sent: a line break there would be another header.
bool IsSafeValue(std::string_view value) {
  return value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace

struct Session::Connection {
  explicit Connection(std::size_t max_buffer) : buffer(max_buffer) {}
  beast::flat_buffer buffer;  ///< what was read and not yet parsed; pipelined requests wait in it
};

/// A verdict that comes later is given from the io_context, when the coroutine sleeps in the timer.
struct Session::PendingVerdict {
  explicit PendingVerdict(const tcp::socket::executor_type& executor)
      : timer(executor, asio::steady_timer::time_point::max()) {}
  asio::steady_timer timer;
  std::optional<Verdict> verdict;
};

void Session::Deadline::Arm(std::chrono::milliseconds duration, const std::shared_ptr<Session>& owner) {
  expired_ = false;
  owner->since_ = std::chrono::steady_clock::now();
  timer_.expires_after(duration);
  Wait(owner, ++generation_);
}

void Session::Deadline::Disarm() {
  ++generation_;
  timer_.cancel();
}

void Session::Deadline::Wait(const std::shared_ptr<Session>& owner, std::uint64_t generation) {
  timer_.async_wait([this, owner, generation](const error_code& error) {
    if (error || generation != generation_) return;
    expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
    // Between two reads of one composed operation there may be nothing to cancel: try until somebody disarms.
    timer_.expires_after(kRecancel);
    Wait(owner, generation);
  });
}

Session::Session(tcp::socket socket, std::shared_ptr<SessionHost> host)
    : stream_(std::move(socket), host->tls), socket_(stream_.socket()), host_(std::move(host)), deadline_(socket_) {
  host_->sessions.insert(this);
  host_->stats.connections_open = host_->sessions.size();
}

Session::~Session() {
  ReleaseBody();
  host_->sessions.erase(this);
  host_->stats.connections_open = host_->sessions.size();
  if (host_->sessions.empty() && host_->on_last_gone) host_->on_last_gone();
}

void Session::Run(asio::awaitable<void> serve) {
  asio::co_spawn(socket_.get_executor(), std::move(serve),
                 [self = shared_from_this()](const std::exception_ptr& exception) {
                   self->deadline_.Disarm();
                   if (exception && self->host_->on_exception) {
                     // Only memory can have run out here: the connection is lost, the server is not.
                     self->host_->on_exception(Request(), "connection ended by an exception");
                   }
                   error_code ignored;
                   self->socket_.close(ignored);
                 });
}

void Session::Start() { Run(Serve()); }

void Session::Refuse() {
  const auto refuse = [](Session& session) -> asio::awaitable<void> {
    co_await session.Fail(503, "too many connections");
    co_await session.Linger();
  };
  Run(refuse(*this));
}

std::optional<std::chrono::steady_clock::time_point> Session::waiting_since() const {
  if (pending_ || !socket_.is_open()) return std::nullopt;
  return since_;
}

void Session::CloseIfIdle() {
  error_code ignored;
  if (idle_) socket_.cancel(ignored);
}

void Session::Abort() {
  error_code ignored;
  socket_.close(ignored);
  ReleaseBody();
  // Passwords may wait in a long line: nobody is there any more to be told of this one.
  if (pending_) pending_->timer.cancel();
}

void Session::ReleaseBody() { host_->body_bytes -= std::exchange(body_bytes_, 0); }

/// Accounts for the body under way. Each body is bounded, but not the sum over all connections: where that is too much,
/// the largest gives way. False where that is ours.
bool Session::HoldBody(std::size_t bytes) {
  host_->body_bytes += bytes - body_bytes_;
  body_bytes_ = bytes;
  while (host_->body_bytes / kWholeBodies > host_->options.max_body_bytes) {
    Session* const largest = *std::ranges::max_element(host_->sessions, {}, &Session::body_bytes_);
    if (largest == this) return false;
    largest->Abort();
  }
  return true;
}

asio::awaitable<void> Session::Serve() {
  Connection connection(host_->options.max_header_bytes + kReadAhead);
  const bool begun = !stream_.is_tls() || co_await Handshake();
  while (begun && !host_->draining && co_await AwaitRequest(connection)) {
    if (!co_await ServeOne(connection)) break;
  }
  co_await Linger();
}

/// Waits for the socket to have something, as long as a connection may be idle. False where it has nothing.
asio::awaitable<bool> Session::AwaitReadable() {
  deadline_.Arm(host_->options.idle_timeout, shared_from_this());
  idle_ = true;
  const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kAwait);
  idle_ = false;
  deadline_.Disarm();
  co_return !error;
}

/// False where no TLS comes about.
asio::awaitable<bool> Session::Handshake() {
  if (!co_await AwaitReadable()) co_return false;
  char first = 0;
  error_code error;
  socket_.non_blocking(true, error);
  if (!error && socket_.receive(asio::buffer(&first, 1), tcp::socket::message_peek, error) == 1 && first >= 'A' &&
      first <= 'Z') {
    stream_.MakePlain();
    ++host_->stats.tls_handshakes_failed;
    co_return co_await Fail(400, "this port speaks HTTPS, and the request came in plain HTTP");
  }
  deadline_.Arm(host_->options.header_timeout, shared_from_this());
  std::tie(error) = co_await stream_.tls().async_handshake(asio::ssl::stream_base::server, kAwait);
  deadline_.Disarm();
  if (error) ++host_->stats.tls_handshakes_failed;
  co_return !error;
}

/// Waits for the first byte of a request. False where none comes.
asio::awaitable<bool> Session::AwaitRequest(Connection& connection) {
  auto& buffer = connection.buffer;
  for (;;) {
    // Some clients end a body with a line break too many (RFC 9112, 2.2).
    while (buffer.size() > 0) {
      const char first = *static_cast<const char*>(buffer.data().data());
      if (first != '\r' && first != '\n') co_return true;
      buffer.consume(1);
    }
    // Without a buffer: most connections are idle most of the time. Under TLS the socket may be silent and bytes be
    // there all the same.
    if (!stream_.is_tls() && !co_await AwaitReadable()) co_return false;
    if (stream_.is_tls()) {
      deadline_.Arm(host_->options.idle_timeout, shared_from_this());
      idle_ = true;
    }
    const auto [read_error, size] = co_await stream_.async_read_some(buffer.prepare(kFirstRead), kAwait);
    idle_ = false;
    deadline_.Disarm();
    if (read_error) co_return false;
    buffer.commit(size);
  }
}

/// One request and its answer. False where no further request can be read.
asio::awaitable<bool> Session::ServeOne(Connection& connection) {
  const ServerOptions& options = host_->options;
  auto& buffer = connection.buffer;
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(options.max_header_bytes));
  parser.body_limit(options.max_body_bytes);

  deadline_.Arm(options.header_timeout, shared_from_this());
  auto [error, size] = co_await beast::http::async_read_header(stream_, buffer, parser, kAwait);
  deadline_.Disarm();
  const auto& head = parser.get();
  Request request;
  if (!error) {
    if (const auto fault = CheckHead(head)) co_return co_await Fail(fault->status, fault->reason);
    request = ToRequest(head);
    if (host_->gate) {
      Verdict verdict = co_await AskGate(request);
      if (verdict.refusal) {
        const bool go_on = parser.is_done() && parser.keep_alive() && !host_->draining;
        co_return co_await Write(*std::move(verdict.refusal), head.version(), go_on,
                                 head.method() == beast::http::verb::head, false);
      }
    }
    if (!parser.is_done()) {
      deadline_.Arm(options.body_timeout, shared_from_this());
      if (head.count(beast::http::field::expect) > 0) {
        constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
        std::tie(error, size) = co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
      }
      parser.eager(true);
      bool room = true;
      while (!error && room && !parser.is_done()) {
        std::tie(error, size) = co_await beast::http::async_read_some(stream_, buffer, parser, kAwait);
        room = parser.is_done() || !socket_.is_open() || HoldBody(parser.get().body().size());
      }
      deadline_.Disarm();
      ReleaseBody();
      if (error || !room) std::string().swap(parser.get().body());  // not held while an answer is on its way
      if (!room) co_return co_await Fail(503, "too many large bodies at once");
    }
  }
  if (error) {
    if (deadline_.expired()) co_return co_await Fail(408, "the request took too long");
    const auto bytes = buffer.data();
    const unsigned status = StatusOf(error, {static_cast<const char*>(bytes.data()), bytes.size()});
    if (status == 0) co_return false;
    co_return co_await Fail(status, error.message());
  }

  const unsigned version = head.version();
  const bool is_head = head.method() == beast::http::verb::head;
  const bool keep_alive = parser.keep_alive() && !host_->draining;
  const bool gzip = AcceptsGzip(request.header("accept-encoding"));
  auto body = Decode(request.header("content-encoding"), std::move(parser.get().body()), options.max_body_bytes);
  Response response;
  if (body.has_value()) {
    request.body = *std::move(body);
    response = Handle(request);
  } else if (body.error() == DecodeError::kTooLarge) {
    response = Plain(413, "the decoded body is larger than " + std::to_string(options.max_body_bytes) + " bytes");
  } else if (body.error() == DecodeError::kUnsupported) {
    response = Plain(415, "content-encoding: only gzip and deflate are understood");
    response.headers.emplace_back("Accept-Encoding", "gzip, deflate");
  } else {
    response = Plain(400, "content-encoding: the body is not what it says");
  }
  co_return co_await Write(std::move(response), version, keep_alive, is_head, gzip);
}

asio::awaitable<Verdict> Session::AskGate(const Request& head) {
  std::string what = "unknown exception";
  try {
    const auto pending = std::make_shared<PendingVerdict>(socket_.get_executor());
    auto verdict = host_->gate(head, [pending](Verdict late) {
      pending->verdict = std::move(late);
      pending->timer.cancel();
    });
    if (verdict) co_return *std::move(verdict);
    pending_ = pending;
    while (!pending->verdict && socket_.is_open()) co_await pending->timer.async_wait(kAwait);
    pending_.reset();
    if (!pending->verdict) co_return Verdict{Plain(503, "the connection was ended")};
    co_return *std::move(pending->verdict);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  co_return Verdict{Failure(head, what)};
}

Response Session::Handle(const Request& request) {
  std::string what = "unknown exception";
  try {
    return host_->handler(request);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  return Failure(request, what);
}

Response Session::Failure(const Request& request, std::string_view what) {
  if (host_->on_exception) host_->on_exception(request, what);
  return Plain(500, "internal error");
}

/// Sends one response. True where the connection can go on.
asio::awaitable<bool> Session::Write(Response response, unsigned version, bool keep_alive, bool head, bool gzip) {
  using beast::http::field;
  ++host_->stats.requests_by_code[response.status];
  beast::http::response<beast::http::string_body> message;
  message.version(version);
  message.result(response.status);
  message.set(field::date, HttpDate());
  bool encoded = false;
  for (const auto& [name, value] : host_->headers) message.insert(name, value);
  for (const auto& [name, value] : response.headers) {
    if (!IsSafeValue(value)) continue;
    message.insert(name, value);
    encoded = encoded || beast::iequals(name, "Content-Encoding");
  }
  const bool has_content = response.status != 204 && response.status != 304;
  if (has_content) {
    if (!response.content_type.empty()) message.set(field::content_type, response.content_type);
    if (!encoded && response.body.size() >= kGzipMinimum) {
      message.set(field::vary, "Accept-Encoding");
      if (gzip) {
        message.set(field::content_encoding, "gzip");
        response.body = Gzip(response.body);
      }
    }
    message.content_length(response.body.size());
    message.body() = std::move(response.body);
  }
  message.keep_alive(keep_alive);

  beast::http::response_serializer<beast::http::string_body> serializer(message);
  deadline_.Arm(host_->options.write_timeout, shared_from_this());
  error_code error;
  if (head) {
    std::tie(error, std::ignore) = co_await beast::http::async_write_header(stream_, serializer, kAwait);
  } else {
    std::tie(error, std::ignore) = co_await beast::http::async_write(stream_, serializer, kAwait);
  }
  deadline_.Disarm();
  co_return !error && keep_alive;
}

/// Answers with an error after which the rest of the connection cannot be understood. Always false: no further request.
asio::awaitable<bool> Session::Fail(unsigned status, std::string_view reason) {
  co_return co_await Write(Plain(status, reason), 11, false, false, false);
}

/// Ends our side, then waits for the client to end its own (see ServerOptions::linger_timeout).
asio::awaitable<void> Session::Linger() {
  error_code error;
  deadline_.Arm(host_->options.linger_timeout, shared_from_this());
  // Says that this is the end; whether the client answers in kind is its own affair.
  if (stream_.is_tls()) std::tie(error) = co_await stream_.tls().async_shutdown(kAwait);
  socket_.shutdown(tcp::socket::shutdown_send, error);
  char discarded[4096];
  while (!error && !deadline_.expired()) {
    std::tie(error, std::ignore) = co_await socket_.async_read_some(asio::buffer(discarded), kAwait);
  }
  deadline_.Disarm();
}

}  // namespace lossd::http
