#include "http/client/forward.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/none.hpp>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "http/client/client_connection.h"
#include "http/content_coding.h"

namespace lossd::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kMostHeadBytes = 256 * 1024;

/// What is of one connection alone, or written anew with the framing.
bool IsOfTheConnection(std::string_view name, std::string_view connection) {
  constexpr std::string_view kNames[] = {
      "connection",     "keep-alive",         "proxy-connection",   "te", "trailer", "upgrade", "transfer-encoding",
      "content-length", "proxy-authenticate", "proxy-authorization"};
  const auto equals = [name](std::string_view other) { return beast::iequals(name, other); };
  if (std::ranges::any_of(kNames, equals)) return true;
  while (!connection.empty()) {
    std::string_view named = connection.substr(0, connection.find(','));
    connection.remove_prefix(std::min(named.size() + 1, connection.size()));
    named.remove_prefix(std::min(named.find_first_not_of(" \t"), named.size()));
    named = named.substr(0, named.find_last_not_of(" \t") + 1);
    if (equals(named)) return true;
  }
  return false;
}

std::string_view ToView(beast::string_view text) { return {text.data(), text.size()}; }

/// A copy of what passes, as far as somebody wants it.
class Copy {
 public:
  explicit Copy(std::size_t most) : most_(most) {}
  void Add(std::string_view piece) {
    whole_ = whole_ && bytes_.size() + piece.size() <= most_;
    if (whole_) bytes_ += piece;
  }
  /// Its coding undone; nothing where it was too much, or is not what the coding says.
  std::optional<std::string> Take(std::string_view coding) {
    if (!whole_) return std::nullopt;
    auto plain = Decode(coding, std::move(bytes_), most_);
    if (!plain.has_value()) return std::nullopt;
    return *std::move(plain);
  }

 private:
  std::size_t most_;
  std::string bytes_;
  bool whole_ = true;
};

/// One request on its way there, and its answer on its way back.
class Forwarding : public std::enable_shared_from_this<Forwarding> {
 public:
  Forwarding(asio::io_context& io, const Request& request, ForwardOptions options, PassedObserver observer,
             std::function<void(Response)> later)
      : io_(io),
        options_(std::move(options)),
        observer_(std::move(observer)),
        later_(std::move(later)),
        incoming_(request.incoming),
        is_head_(request.is_head),
        request_coding_(request.header("content-encoding")),
        request_copy_(observer_.max_bytes),
        response_copy_(observer_.max_bytes),
        resolver_(io),
        silence_(io),
        sleep_(io, asio::steady_timer::time_point::max()) {
    MakeHead(request);
  }

  void Start() {
    asio::post(io_, [self = shared_from_this()] {
      asio::co_spawn(
          self->io_, [self] { return self->Run(); }, [self](std::exception_ptr) { self->Finish(); });
    });
  }

  void SetWake(std::function<void()> wake) { wake_ = std::move(wake); }

  BodyStream::Next Pull(std::string& piece) {
    using Next = BodyStream::Next;
    if (has_piece_) {
      piece.swap(piece_);
      has_piece_ = false;
      sleep_.cancel();
      return whole_ ? Next::kEnd : Next::kMore;
    }
    return whole_ ? Next::kEnd : over_ ? Next::kBreak : Next::kWait;
  }

  /// Ends both ways now.
  void Cut() {
    cut_ = true;
    resolver_.cancel();
    silence_.cancel();
    sleep_.cancel();
    error_code ignored;
    if (stream_) stream_->socket().close(ignored);
    if (connecting_ != nullptr) connecting_->close(ignored);
  }

 private:
  /// The answer's body, as the session pulls it. Whoever lets go of it wants no more.
  class Answer : public BodyStream {
   public:
    explicit Answer(std::shared_ptr<Forwarding> owner) : owner_(std::move(owner)) {}
    ~Answer() override { owner_->Cut(); }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
    Next Pull(std::string& piece) override { return owner_->Pull(piece); }
    void SetWake(std::function<void()> wake) override { owner_->SetWake(std::move(wake)); }

   private:
    std::shared_ptr<Forwarding> owner_;
  };

  void MakeHead(const Request& request) {
    std::string target = options_.server.target;
    while (target.ends_with('/')) target.pop_back();
    target += request.path;
    if (!request.query.empty()) target += '?' + request.query;
    head_.version(11);
    head_.method_string(is_head_ ? "HEAD" : request.method);
    head_.target(target);
    head_.set(beast::http::field::host, options_.server.Authority());
    for (const auto& [name, value] : request.headers) {
      if (name != "host" && name != "expect" && !IsOfTheConnection(name, request.header("connection")))
        head_.insert(name, value);
    }
    chunked_ = !request.header("transfer-encoding").empty();
    has_body_ = chunked_ || !request.header("content-length").empty();
    if (chunked_) {
      head_.chunked(true);
    } else if (has_body_) {
      head_.set(beast::http::field::content_length, std::string(request.header("content-length")));
    }
    head_.keep_alive(false);
  }

  asio::awaitable<void> Run() {
    try {
      co_await Connect();
      co_await Send();
      co_await Receive();
    } catch (const ClientError& error) {
      failure_ = error.reason;
    } catch (const system_error& error) {
      failure_ = error.code().message();
    }
    Finish();
  }

  /// Nothing more comes.
  void Finish() {
    Cut();
    over_ = true;
    if (later_) std::exchange(later_, nullptr)({.status = kNoAnswer, .body = failure_});
    if (wake_) wake_();
  }

  void Arm(std::chrono::milliseconds limit) {
    silence_.expires_after(limit);
    silence_.async_wait([weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (!error && self) self->Cut();
    });
  }

  void Check() const {
    if (cut_) throw system_error(asio::error::operation_aborted);
  }

  asio::awaitable<void> Connect() {
    const std::string authorization = Authorization(options_.client);
    if (!authorization.empty()) head_.set(beast::http::field::authorization, authorization);
    const auto tls = options_.server.tls ? MakeClientContext(options_.client) : nullptr;
    Arm(options_.client.timeout);
    const auto endpoints =
        co_await resolver_.async_resolve(options_.server.host, options_.server.port, asio::use_awaitable);
    Check();
    tcp::socket socket(io_);
    {
      connecting_ = &socket;
      const Forget forget{connecting_};
      co_await asio::async_connect(socket, endpoints, asio::use_awaitable);
    }
    Check();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    stream_.emplace(std::move(socket), tls);
    if (tls) co_await ShakeHands(*stream_, options_.server, options_.client);
  }

  asio::awaitable<void> Send() {
    Arm(options_.longest_silence);
    beast::http::request_serializer<beast::http::empty_body> serializer(head_);
    co_await beast::http::async_write_header(*stream_, serializer, asio::use_awaitable);
    auto next = has_body_ ? BodySource::Next::kMore : BodySource::Next::kEnd;
    while (next == BodySource::Next::kMore) {
      std::string piece;
      std::tie(piece, next) = co_await ReadIncoming();
      if (next == BodySource::Next::kBreak) throw ClientError{};  // by the client, which knows
      request_copy_.Add(piece);
      Arm(options_.longest_silence);
      const bool taken = co_await SendPiece(piece, next);
      // A server that wants no more may have said why.
      if (!taken) co_return;
    }
  }

  asio::awaitable<bool> SendPiece(const std::string& piece, BodySource::Next next) {
    try {
      if (!chunked_) {
        co_await asio::async_write(*stream_, asio::buffer(piece), asio::use_awaitable);
      } else {
        if (!piece.empty())
          co_await asio::async_write(*stream_, beast::http::make_chunk(asio::buffer(piece)), asio::use_awaitable);
        if (next == BodySource::Next::kEnd)
          co_await asio::async_write(*stream_, beast::http::make_chunk_last(), asio::use_awaitable);
      }
    } catch (const system_error&) {
      co_return false;
    }
    co_return true;
  }

  asio::awaitable<std::pair<std::string, BodySource::Next>> ReadIncoming() {
    std::optional<std::pair<std::string, BodySource::Next>> read;
    silence_.cancel();  // it is the client's turn, which has limits of its own
    incoming_->Read([self = shared_from_this(), &read](std::string piece, BodySource::Next next) {
      read.emplace(std::move(piece), next);
      self->sleep_.cancel();
    });
    while (!read) co_await Sleep();
    co_return *std::move(read);
  }

  /// Until somebody wakes us.
  asio::awaitable<void> Sleep() {
    error_code woken;
    co_await sleep_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }

  using ResponseParser = beast::http::response_parser<beast::http::buffer_body>;

  asio::awaitable<void> Receive() {
    beast::flat_buffer buffer;
    buffer.reserve(kPieceBytes);  // what is read at once
    std::optional<ResponseParser> parser;
    do {
      parser.emplace();
      parser->body_limit(boost::none);
      parser->header_limit(kMostHeadBytes);
      if (is_head_) parser->skip(true);
      co_await beast::http::async_read_header(*stream_, buffer, *parser, asio::use_awaitable);
    } while (parser->get().result_int() / 100 == 1);
    silence_.cancel();
    Response response = ResponseOf(*parser);
    if (parser->is_done()) Whole(*parser);
    std::exchange(later_, nullptr)(std::move(response));
    while (!parser->is_done()) {
      Check();
      std::string piece(kPieceBytes, '\0');
      auto& body = parser->get().body();
      body.data = piece.data();
      body.size = piece.size();
      Arm(options_.longest_silence);
      error_code error;
      co_await beast::http::async_read_some(*stream_, buffer, *parser,
                                            asio::redirect_error(asio::use_awaitable, error));
      if (error && error != beast::http::error::need_buffer) throw system_error(error);
      silence_.cancel();
      piece.resize(piece.size() - body.size);
      response_copy_.Add(piece);
      if (parser->is_done()) Whole(*parser);
      piece_ = std::move(piece);
      has_piece_ = true;
      if (wake_) wake_();
      while (has_piece_ && !cut_) co_await Sleep();
    }
  }

  Response ResponseOf(const ResponseParser& parser) {
    Response response;
    const auto& head = parser.get();
    response.status = head.result_int();
    response.verbatim = true;
    if (const auto length = parser.content_length()) response.length = *length;
    const std::string connection(ToView(head[beast::http::field::connection]));
    for (const auto& field : head) {
      const std::string name(ToView(field.name_string()));
      if (!IsOfTheConnection(name, connection)) response.headers.emplace_back(name, ToView(field.value()));
    }
    response.stream = std::make_shared<Answer>(shared_from_this());
    return response;
  }

  void Whole(const ResponseParser& parser) {
    whole_ = true;
    if (!observer_.passed) return;
    auto request = request_copy_.Take(request_coding_);
    auto response = response_copy_.Take(ToView(parser.get()[beast::http::field::content_encoding]));
    if (request && response) observer_.passed({*std::move(request), *std::move(response), parser.get().result_int()});
  }

  struct Forget {
    tcp::socket*& socket;
    ~Forget() { socket = nullptr; }
  };

  asio::io_context& io_;
  ForwardOptions options_;
  PassedObserver observer_;
  std::function<void(Response)> later_;
  std::shared_ptr<BodySource> incoming_;
  bool is_head_, chunked_ = false, has_body_ = false;
  std::string request_coding_;
  Copy request_copy_, response_copy_;
  beast::http::request<beast::http::empty_body> head_;
  tcp::resolver resolver_;
  asio::steady_timer silence_, sleep_;
  tcp::socket* connecting_ = nullptr;
  std::optional<Stream> stream_;
  std::function<void()> wake_;  ///< of the session that sends the answer
  std::string failure_;         ///< why nothing more comes
  std::string piece_;           ///< of the answer, for the session to pull
  bool has_piece_ = false, whole_ = false, over_ = false, cut_ = false;
};

}  // namespace

void Forward(asio::io_context& io, const Request& request, ForwardOptions options, PassedObserver observer,
             std::function<void(Response)> later) {
  std::make_shared<Forwarding>(io, request, std::move(options), std::move(observer), std::move(later))->Start();
}

}  // namespace lossd::http
