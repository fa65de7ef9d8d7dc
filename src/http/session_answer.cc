// How a Session comes to its answers, and sends them whole or piece by piece.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <memory>

#include "http/content_coding.h"
#include "http/response_head.h"
#include "http/session.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kGzipMinimum = 1024;       // below it, the gain is less than the cost
constexpr std::size_t kHeldMinimum = 64 * 1024;  // what the kernel takes at once is nobody's burden

}  // namespace

/// Unpacks the body and asks the handler.
asio::awaitable<Response> Session::Respond(Request& request, std::string packed) {
  const std::size_t limit = host_->options.max_body_bytes;
  auto body = Decode(request.header("content-encoding"), std::move(packed), limit);
  if (body.has_value()) {
    request.body = *std::move(body);
    co_return co_await Handle(request);
  }
  Response response;
  if (body.error() == DecodeError::kTooLarge) {
    response = Plain(413, "the decoded body is larger than " + std::to_string(limit) + " bytes");
  } else if (body.error() == DecodeError::kUnsupported) {
    response = Plain(415, "content-encoding: only gzip, deflate and snappy are understood");
    response.headers.emplace_back("Accept-Encoding", "gzip, deflate, snappy");
  } else {
    response = Plain(400, "content-encoding: the body is not what it says");
  }
  co_return response;
}

/// What the gate or the handler answers, at once or later; an answer of our own where there is none of theirs.
template <typename Answer, typename Ask>
asio::awaitable<Answer> Session::AwaitAnswer(const Ask& ask, const Request& request) {
  std::string what = "unknown exception";
  try {
    const auto pending = std::make_shared<Late<Answer>>(socket_.get_executor());
    auto at_once = ask(request, [pending](Answer late) {
      pending->answer = std::move(late);
      pending->timer.cancel();
    });
    if (at_once) co_return *std::move(at_once);
    WaitFor(pending);
    while (!pending->answer && socket_.is_open()) co_await pending->timer.async_wait(kAwait);
    WaitFor(nullptr);
    if (!pending->answer) co_return Answer{Plain(503, "the connection was ended")};
    co_return *std::move(pending->answer);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  co_return Answer{Failure(request, what)};
}

asio::awaitable<Verdict> Session::AskGate(const Request& head) { return AwaitAnswer<Verdict>(host_->gate, head); }

asio::awaitable<Response> Session::Handle(const Request& request) {
  return AwaitAnswer<Response>(host_->handler, request);
}

Response Session::Failure(const Request& request, std::string_view what) {
  if (host_->on_exception) host_->on_exception(request, what);
  return Plain(500, "internal error");
}

/// Sends one response. True where the connection can go on.
asio::awaitable<bool> Session::Write(Response response, Answering answering) {
  if (response.status == kNoAnswer) co_return false;
  const std::shared_ptr<BodyStream> stream = std::exchange(response.stream, nullptr);
  const bool has_content = response.status != 204 && response.status != 304;
  const bool coded = std::ranges::any_of(
      response.headers, [](const auto& header) { return beast::iequals(header.first, "Content-Encoding"); });
  HeadOptions options;
  options.version = answering.version;
  options.may_be_gzip = has_content && !coded && !response.verbatim && !response.length &&
                        (stream || response.body.size() >= kGzipMinimum);
  options.gzip = options.may_be_gzip && answering.gzip;
  if (!has_content) {
    options.framing = Framing::kNone;
  } else if (stream && !response.length) {
    options.framing = answering.version >= 11 ? Framing::kChunked : Framing::kClose;
  }
  options.keep_alive = answering.keep_alive && options.framing != Framing::kClose;
  if (options.gzip && !stream) response.body = Gzip(response.body);
  options.length = response.length.value_or(response.body.size());
  if (response.body.size() > kHeldMinimum && !Hold(response.body.size())) {
    Release();
    co_return co_await Fail(503, "too many large answers at once");
  }
  ++host_->stats.requests_by_code[response.status];

  auto message = MakeMessage(response, host_->headers, options);
  const bool body_apart = stream || answering.head_only || !has_content;
  if (!body_apart) message.body() = std::move(response.body);
  beast::http::response_serializer<beast::http::string_body> serializer(message);
  Arm(host_->options.write_timeout, Phase::kStalled);
  error_code error;
  if (body_apart) {
    std::tie(error, std::ignore) = co_await beast::http::async_write_header(stream_, serializer, kAwait);
  } else {
    std::tie(error, std::ignore) = co_await beast::http::async_write(stream_, serializer, kAwait);
  }
  deadline_.Disarm();
  Release();
  if (error) co_return false;
  if (stream && has_content && !answering.head_only) {
    const bool whole = co_await WriteStream(*stream, options.framing == Framing::kChunked, options.gzip);
    if (!whole) co_return false;
  }
  Enter(Phase::kIdle);
  co_return options.keep_alive;
}

/// What of the stream goes out next, packed where there is a packer.
BodyStream::Next Session::NextPiece(BodyStream& body, GzipWriter* packer, std::string& piece) {
  using Next = BodyStream::Next;
  using Flush = GzipWriter::Flush;
  piece.clear();
  Next next = Next::kBreak;
  try {
    next = body.Pull(piece);
  } catch (const std::exception& exception) {
    Failure({}, exception.what());
  }
  if (next == Next::kBreak || packer == nullptr) return next;
  std::string packed;
  packer->Add(piece, next == Next::kEnd ? Flush::kFinish : next == Next::kWait ? Flush::kPiece : Flush::kNo, packed);
  piece.swap(packed);
  return next;
}

/// In time. An empty one is none, and lets everybody else have a turn all the same: making it was work.
asio::awaitable<error_code> Session::WritePiece(std::string_view piece, bool chunked) {
  error_code error;
  if (piece.empty()) {
    co_await asio::post(socket_.get_executor(), asio::use_awaitable);
    co_return error;
  }
  Arm(host_->options.write_timeout, Phase::kStalled);
  if (chunked) {
    std::tie(error, std::ignore) =
        co_await asio::async_write(stream_, beast::http::make_chunk(asio::buffer(piece)), kAwait);
  } else {
    std::tie(error, std::ignore) = co_await asio::async_write(stream_, asio::buffer(piece), kAwait);
  }
  deadline_.Disarm();
  co_return error;
}

/// False where the client does not get all of it.
asio::awaitable<bool> Session::WriteStream(BodyStream& body, bool chunked, bool gzip) {
  const auto wait = std::make_shared<StreamWait>(socket_.get_executor(), body);
  const auto packer = gzip ? std::make_unique<GzipWriter>() : nullptr;
  streaming_ = wait;
  body.SetWake([weak = std::weak_ptr(wait)] {
    if (const auto waiting = weak.lock()) waiting->Wake();
  });
  if (host_->draining) body.Drain();
  bool whole = false;
  std::string piece;
  while (socket_.is_open()) {
    wait->woken = false;
    const BodyStream::Next next = NextPiece(body, packer.get(), piece);
    if (next == BodyStream::Next::kBreak) break;
    const error_code error = co_await WritePiece(piece, chunked);
    if (error) break;
    whole = next == BodyStream::Next::kEnd;
    if (whole) break;
    if (next == BodyStream::Next::kWait) {
      const bool there = co_await AwaitMore(*wait);
      if (!there) break;
    }
  }
  wait->body = nullptr;
  streaming_.reset();
  if (wait->watched && socket_.is_open()) socket_.cancel();
  if (whole && chunked) {
    error_code error;
    Arm(host_->options.write_timeout, Phase::kStalled);
    std::tie(error, std::ignore) = co_await asio::async_write(stream_, beast::http::make_chunk_last(), kAwait);
    deadline_.Disarm();
    whole = !error;
  }
  co_return whole;
}

/// Sleeps until the stream has more. False where the connection has ended meanwhile.
asio::awaitable<bool> Session::AwaitMore(StreamWait& wait) {
  Enter(Phase::kStreaming);
  if (!wait.watched) WatchForTheEnd(streaming_);
  while (!wait.woken && socket_.is_open()) co_await wait.timer.async_wait(kAwait);
  co_return socket_.is_open();
}

/// A client that goes away while there is nothing to send would only be missed with the next piece.
void Session::WatchForTheEnd(std::shared_ptr<StreamWait> wait) {
  wait->watched = true;
  socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this(), wait](const error_code& error) {
    wait->watched = false;
    if (error || wait->body == nullptr || !self->socket_.is_open()) return;
    char byte = 0;
    error_code end;
    self->socket_.non_blocking(true, end);
    if (!end) self->socket_.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, end);
    if (end && end != asio::error::would_block) return self->Abort();
    // It has sent the next request already, or goes on with TLS: its end shows when a piece cannot be written.
    wait->watched = true;
  });
}

/// Answers with an error after which the rest of the connection cannot be understood. Always false: no further request.
asio::awaitable<bool> Session::Fail(unsigned status, std::string_view reason) {
  co_return co_await Write(Plain(status, reason), {});
}

}  // namespace lossd::http
