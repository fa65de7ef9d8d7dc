// How a Session sends its answers, whole or piece by piece.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
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

asio::awaitable<Response> Session::Handle(const Request& request) {
  std::string what = "unknown exception";
  try {
    const auto pending = std::make_shared<Pending>(socket_.get_executor());
    auto response = host_->handler(request, [pending](Response late) {
      pending->response = std::move(late);
      pending->timer.cancel();
    });
    if (response) co_return *std::move(response);
    WaitFor(pending);
    while (!pending->response && socket_.is_open()) co_await pending->timer.async_wait(kAwait);
    WaitFor(nullptr);
    if (!pending->response) co_return Plain(503, "the connection was ended");
    co_return *std::move(pending->response);
  } catch (const std::exception& exception) {
    what = exception.what();
  } catch (...) {
  }
  co_return Failure(request, what);
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
  std::string piece, packed;
  while (socket_.is_open()) {
    wait->woken = false;
    piece.clear();
    packed.clear();
    BodyStream::Next next = BodyStream::Next::kBreak;
    try {
      next = body.Pull(piece);
    } catch (const std::exception& exception) {
      Failure({}, exception.what());
    }
    if (next == BodyStream::Next::kBreak) break;
    if (packer) {
      using Flush = GzipWriter::Flush;
      packer->Add(piece,
                  next == BodyStream::Next::kEnd    ? Flush::kFinish
                  : next == BodyStream::Next::kWait ? Flush::kPiece
                                                    : Flush::kNo,
                  packed);
      piece.swap(packed);
    }
    error_code error;
    if (!piece.empty()) {
      Arm(host_->options.write_timeout, Phase::kStalled);
      if (chunked) {
        std::tie(error, std::ignore) =
            co_await asio::async_write(stream_, beast::http::make_chunk(asio::buffer(piece)), kAwait);
      } else {
        std::tie(error, std::ignore) = co_await asio::async_write(stream_, asio::buffer(piece), kAwait);
      }
      deadline_.Disarm();
    }
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
