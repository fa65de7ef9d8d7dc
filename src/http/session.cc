#include "http/session.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/none.hpp>

#include "http/content_coding.h"
#include "http/incoming_request.h"
#include "http/response_head.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstRead = 4096;
constexpr std::size_t kReadAhead = 64 * 1024;  // beside the head: chunk headers and pipelined requests
constexpr std::size_t kMaxHeldBodies = 3;      // of the greatest size, that all connections together may hold

/// What an error of the parser is to the client; 0 where there is nobody left to tell.
unsigned StatusOf(const error_code& failure, std::string_view unparsed) {
  using beast::http::error;
  if (failure == error::header_limit || failure == error::buffer_overflow) return 431;
  if (failure == error::body_limit) return 413;
  if (failure == error::bad_version && NamesOtherHttpVersion(unparsed)) return 505;
  return failure.category() == make_error_code(error::bad_method).category() ? 400 : 0;
}

bool IsLoopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

}  // namespace

Session::Session(tcp::socket socket, std::shared_ptr<SessionHost> host, unsigned listener)
    : stream_(std::move(socket), host->tls), socket_(stream_.socket()), host_(std::move(host)), deadline_(socket_) {
  error_code error;
  client_.listener = listener;
  const auto remote = socket_.remote_endpoint(error);
  if (!error) {
    client_.client = ClientOf(remote.address());
    peer_ = remote.address().to_string();
  }
  const auto local = socket_.local_endpoint(error);
  on_loopback_ = !error && IsLoopback(local.address());
  host_->sessions.insert(this);
  host_->stats.connections_open = host_->sessions.size();
}

Session::~Session() {
  Release();
  host_->eviction.Remove(place_);
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

void Session::Start() {
  host_->eviction.Add(place_, client_);
  Run(Serve());
}

void Session::Refuse() {
  const auto refuse = [](Session& session) -> asio::awaitable<void> {
    co_await session.Fail(503, "too many connections");
    co_await session.Linger();
  };
  Run(refuse(*this));
}

/// The client is to do something, in this phase, within that time.
void Session::Arm(std::chrono::milliseconds limit, Phase phase) {
  deadline_.Arm(limit, shared_from_this());
  Enter(phase);
}

void Session::Enter(Phase phase) {
  phase_ = phase;
  host_->eviction.Enter(place_, phase, std::chrono::steady_clock::now());
}

/// The client waits for us; null: no longer.
void Session::WaitFor(std::shared_ptr<Pending> pending) {
  pending_ = std::move(pending);
  host_->eviction.Enter(place_, pending_ ? Phase::kBusy : phase_, std::chrono::steady_clock::now());
}

void Session::Drain() {
  error_code ignored;
  if (streaming_ && streaming_->body != nullptr) {
    streaming_->body->Drain();
    streaming_->Wake();
  } else if (idle_) {
    socket_.cancel(ignored);
  }
}

void Session::Abort() {
  error_code ignored;
  socket_.close(ignored);
  Release();
  host_->eviction.Remove(place_);
  // Passwords may wait in a long line: nobody is there any more to be told of this one.
  if (pending_) pending_->timer.cancel();
  if (streaming_) streaming_->Wake();
}

void Session::Release() { host_->held_bytes -= std::exchange(held_bytes_, 0); }

/// Accounts for what this connection holds of a request or an answer. Each is bounded, but not the sum over all
/// connections: where that is too much, the one that holds most gives way. False where that is this one, and it is not
/// alone.
bool Session::Hold(std::size_t bytes) {
  host_->held_bytes += bytes - held_bytes_;
  held_bytes_ = bytes;
  while (held_bytes_ < host_->held_bytes && host_->held_bytes / kMaxHeldBodies > host_->options.max_body_bytes) {
    Session* const largest = *std::ranges::max_element(host_->sessions, {}, &Session::held_bytes_);
    if (largest == this) return false;
    largest->Abort();
  }
  return true;
}

asio::awaitable<void> Session::Serve() {
  Connection connection(host_->options.max_header_bytes + kReadAhead);
  bool go_on = true;
  if (stream_.is_tls()) go_on = co_await Handshake();
  while (go_on && !host_->draining) {
    go_on = co_await AwaitRequest(connection);
    if (!go_on) break;
    go_on = co_await ServeOne(connection);
  }
  co_await Linger();
}

/// Waits for the socket to have something. False where it has nothing.
asio::awaitable<bool> Session::AwaitReadable() {
  const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kAwait);
  co_return !error;
}

/// False where no TLS comes about.
asio::awaitable<bool> Session::Handshake() {
  // One limit for all of it: neither silence nor a handshake that is begun may last longer than a head.
  Arm(host_->options.header_timeout, phase_);
  const bool readable = co_await AwaitReadable();
  if (!readable) co_return false;
  char first = 0;
  error_code error;
  socket_.non_blocking(true, error);
  if (!error && socket_.receive(asio::buffer(&first, 1), tcp::socket::message_peek, error) == 1 && first >= 'A' &&
      first <= 'Z') {
    stream_.MakePlain();
    ++host_->stats.tls_handshakes_failed;
    co_return co_await Fail(400, "this port speaks HTTPS, and the request came in plain HTTP");
  }
  std::tie(error) = co_await stream_.tls().async_handshake(asio::ssl::stream_base::server, kAwait);
  deadline_.Disarm();
  if (error) ++host_->stats.tls_handshakes_failed;
  co_return !error;
}

/// Waits for the first byte of a request. False where none comes.
asio::awaitable<bool> Session::AwaitRequest(Connection& connection) {
  auto& buffer = connection.buffer;
  // Once: a line break now and then must not keep a connection for ever.
  Arm(host_->options.idle_timeout, phase_);
  idle_ = true;
  bool begun = false;
  for (;;) {
    // Some clients end a body with a line break too many (RFC 9112, 2.2).
    while (buffer.size() > 0 && !begun) {
      const char first = *static_cast<const char*>(buffer.data().data());
      begun = first != '\r' && first != '\n';
      if (!begun) buffer.consume(1);
    }
    if (begun) break;
    // Without a buffer: most connections are idle most of the time.
    if (buffer.capacity() > 0) buffer.shrink_to_fit();
    // Under TLS the socket may be silent and bytes be there all the same.
    bool readable = true;
    if (!stream_.is_tls()) readable = co_await AwaitReadable();
    if (!readable) break;
    const auto [error, size] = co_await stream_.async_read_some(buffer.prepare(kFirstRead), kAwait);
    if (error) break;
    buffer.commit(size);
  }
  idle_ = false;
  deadline_.Disarm();
  co_return begun;
}

/// Reads until the head is whole. What it holds meanwhile is accounted for: thousands of clients that never finish
/// theirs are memory, too.
asio::awaitable<error_code> Session::ReadHead(Connection& connection, Parser& parser) {
  auto& buffer = connection.buffer;
  error_code error;
  for (;;) {
    if (buffer.size() > 0) {
      buffer.consume(parser.put(buffer.data(), error));
      if (error != beast::http::error::need_more) co_return error;
    }
    error = {};
    if (!Hold(buffer.size())) co_return error_code(asio::error::no_buffer_space);
    const std::size_t room = std::min(std::max(kFirstRead, buffer.size()), buffer.max_size() - buffer.size());
    if (room == 0) co_return beast::http::error::buffer_overflow;
    std::size_t size = 0;
    std::tie(error, size) = co_await stream_.async_read_some(buffer.prepare(room), kAwait);
    buffer.commit(size);
    if (error == asio::error::eof) {
      error = {};
      parser.put_eof(error);
    }
    if (error) co_return error;
  }
}

asio::awaitable<error_code> Session::ReadBody(Connection& connection, Parser& parser) {
  error_code error;
  std::size_t size = 0;
  if (parser.get().count(beast::http::field::expect) > 0) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    std::tie(error, size) = co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
  }
  parser.eager(true);
  while (!error && !parser.is_done()) {
    std::tie(error, size) = co_await beast::http::async_read_some(stream_, connection.buffer, parser, kAwait);
    if (parser.is_done() || !socket_.is_open()) break;
    if (!Hold(parser.get().body().size())) error = asio::error::no_buffer_space;
  }
  co_return error;
}

Request Session::RequestOf(const Parser& parser) const {
  Request request = ToRequest(parser.get());
  request.peer = peer_;
  request.on_loopback = on_loopback_;
  return request;
}

/// One request and its answer. False where no further request can be read.
asio::awaitable<bool> Session::ServeOne(Connection& connection) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(host_->options.max_header_bytes));
  parser.body_limit(boost::none);  // which one holds is known only with the head
  const auto& head = parser.get();
  Incoming incoming;
  co_await ReadRequest(connection, parser, incoming);
  if (incoming.streamed) co_return co_await ServeIncoming(connection, parser, incoming);
  Release();
  if (incoming.fault) co_return co_await Fail(incoming.fault->status, incoming.fault->reason);
  if (incoming.error) {
    std::string().swap(parser.get().body());  // not held while an answer is on its way
    co_return co_await FailRequest(connection, incoming.error);
  }
  const Answering answering{.version = head.version(),
                            .keep_alive = parser.keep_alive() && !host_->draining,
                            .head_only = head.method() == beast::http::verb::head,
                            .gzip = AcceptsGzip(incoming.request.header("accept-encoding"))};
  if (incoming.refusal) {
    const bool go_on = parser.is_done() && answering.keep_alive;
    co_return co_await Write(*std::move(incoming.refusal), {answering.version, go_on, answering.head_only, false});
  }
  Response response = co_await Respond(incoming.request, std::move(parser.get().body()));
  incoming.request = {};  // nor is a request while its answer is taken
  co_return co_await Write(std::move(response), answering);
}

/// Head, gate, body, each within its own time; where the body is for the handler to read, no more than the head.
asio::awaitable<void> Session::ReadRequest(Connection& connection, Parser& parser, Incoming& incoming) {
  Arm(host_->options.header_timeout, phase_ == Phase::kNothingAsked ? phase_ : Phase::kStalled);
  incoming.error = co_await ReadHead(connection, parser);
  deadline_.Disarm();
  if (incoming.error) co_return;
  incoming.fault = CheckHead(parser.get());
  if (incoming.fault) co_return;
  incoming.request = RequestOf(parser);
  if (host_->gate) {
    Verdict verdict = co_await AskGate(incoming.request);
    incoming.refusal = std::move(verdict.refusal);
    if (incoming.refusal) co_return;
  }
  incoming.streamed = host_->takes_incoming && host_->takes_incoming(incoming.request);
  if (incoming.streamed || parser.is_done()) co_return;
  if (parser.content_length().value_or(0) > host_->options.max_body_bytes) {
    incoming.error = beast::http::error::body_limit;
    co_return;
  }
  parser.body_limit(host_->options.max_body_bytes);
  Arm(host_->options.body_timeout, phase_);
  incoming.error = co_await ReadBody(connection, parser);
  deadline_.Disarm();
}

/// Answers a request that did not come whole, where somebody is left to be told. Always false: no further request.
asio::awaitable<bool> Session::FailRequest(const Connection& connection, error_code error) {
  if (deadline_.expired()) co_return co_await Fail(408, "the request took too long");
  if (error == asio::error::no_buffer_space) co_return co_await Fail(503, "too many large requests at once");
  const auto bytes = connection.buffer.data();
  const unsigned status = StatusOf(error, {static_cast<const char*>(bytes.data()), bytes.size()});
  if (status == 0) co_return false;
  co_return co_await Fail(status, error.message());
}

/// Ends our side, then waits for the client to end its own (see ServerOptions::linger_timeout).
asio::awaitable<void> Session::Linger() {
  error_code error;
  Arm(host_->options.linger_timeout, phase_);
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
