// How a Session serves requests whose handler takes the body while it comes in.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/none.hpp>
#include <utility>

#include "http/content_coding.h"
#include "http/incoming_request.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

/// The body of one request. The session reads it; who asks for a piece wakes the session.
class Session::Upload : public BodySource {
 public:
  explicit Upload(std::shared_ptr<Pending> pending) : pending_(std::move(pending)) {}

  void Read(Taker take) override {
    if (ended_) {
      asio::post(pending_->timer.get_executor(), [take = std::move(take)] { take("", Next::kBreak); });
      return;
    }
    take_ = std::move(take);
    pending_->timer.cancel();
  }

  bool wanted() const { return take_ != nullptr; }
  void Give(std::string piece, Next next) { std::exchange(take_, nullptr)(std::move(piece), next); }
  /// The session reads no more.
  void End() {
    ended_ = true;
    if (take_) Give("", Next::kBreak);
  }

 private:
  std::shared_ptr<Pending> pending_;
  Taker take_;
  bool ended_ = false;
};

struct Session::BodyParser : beast::http::request_parser<beast::http::buffer_body> {
  explicit BodyParser(beast::http::request_parser<beast::http::string_body>&& head) : parser(std::move(head)) {}
  bool awaits_continue = false;
};

/// Reads what comes next of the body, once, and hands it over.
asio::awaitable<void> Session::ReadPiece(Connection& connection, BodyParser& parser, Upload& upload) {
  std::string piece;
  error_code error;
  if (!parser.is_done()) {
    Arm(host_->options.body_timeout, Phase::kStalled);
    if (std::exchange(parser.awaits_continue, false)) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      std::tie(error, std::ignore) = co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
    }
    if (!error) {
      connection.buffer.reserve(kPieceBytes);  // what is read at once
      piece.resize(kPieceBytes);
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      std::tie(error, std::ignore) = co_await beast::http::async_read_some(stream_, connection.buffer, parser, kAwait);
      if (error == beast::http::error::need_buffer) error = {};
      piece.resize(piece.size() - body.size);
    }
    deadline_.Disarm();
  }
  using Next = BodySource::Next;
  upload.Give(std::move(piece), error ? Next::kBreak : parser.is_done() ? Next::kEnd : Next::kMore);
}

/// False where no further request can be read.
asio::awaitable<bool> Session::ServeIncoming(Connection& connection, Parser& head, Incoming& incoming) {
  Release();
  Answering answering{.version = head.get().version(),
                      .keep_alive = head.keep_alive() && !host_->draining,
                      .head_only = incoming.request.is_head,
                      .gzip = AcceptsGzip(incoming.request.header("accept-encoding"))};
  BodyParser parser(std::move(head));
  parser.body_limit(boost::none);
  parser.awaits_continue = parser.get().count(beast::http::field::expect) > 0;
  const auto pending = std::make_shared<Late<Response>>(socket_.get_executor());
  const auto upload = std::make_shared<Upload>(pending);
  incoming.request.incoming = upload;
  try {
    pending->answer = host_->handler(incoming.request, [weak = std::weak_ptr(pending)](Response late) {
      const auto waiting = weak.lock();
      if (!waiting) return;
      waiting->answer = std::move(late);
      waiting->timer.cancel();
    });
  } catch (const std::exception& exception) {
    pending->answer = Failure(incoming.request, exception.what());
  } catch (...) {
    pending->answer = Failure(incoming.request, "unknown exception");
  }
  incoming.request = {};
  while (!pending->answer && socket_.is_open()) {
    WaitFor(pending);
    if (upload->wanted()) {
      co_await ReadPiece(connection, parser, *upload);
    } else {
      co_await pending->timer.async_wait(kAwait);
    }
  }
  WaitFor(nullptr);
  upload->End();
  if (!pending->answer) co_return false;
  answering.keep_alive = answering.keep_alive && parser.is_done();
  co_return co_await Write(*std::move(pending->answer), answering);
}

}  // namespace lossd::http
