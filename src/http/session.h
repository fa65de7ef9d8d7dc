// One connection: requests in order, one at a time, each with deadlines of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/deadline.h"
#include "http/eviction_queue.h"
#include "http/message.h"
#include "http/server.h"
#include "http/stream.h"

namespace lossd::http {

class GzipWriter;
class Session;

/// What the sessions of one server share; it outlives the last of them.
struct SessionHost {
  ServerOptions options;
  AsyncHandler handler;
  Gate gate;
  BodyPolicy takes_incoming;
  ExceptionObserver on_exception;
  std::shared_ptr<TlsContext> tls;                           ///< of new connections; none: they are plain
  std::vector<std::pair<std::string, std::string>> headers;  ///< of every response
  ServerStats stats;
  std::set<Session*> sessions;         ///< those with an open connection
  EvictionQueue eviction;              ///< of those that are served
  std::size_t held_bytes = 0;          ///< of requests that have come in part, and of answers not yet taken
  bool draining = false;               ///< no request after the one under way
  std::function<void()> on_last_gone;  ///< called whenever `sessions` has become empty
};

/// Lives until its connection has ended, held by its own operations. Used on the io_context's thread only.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// `listener` is the number of the address that it came in by.
  Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<SessionHost> host, unsigned listener);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves the connection until it ends.
  void Start();
  /// Answers 503, whatever is asked, and closes.
  void Refuse();
  /// What it holds of bodies and answers that are under way.
  std::size_t held_bytes() const { return held_bytes_; }
  /// Ends the connection if no request is under way, and a stream without an end of its own.
  void Drain();
  /// Ends the connection now.
  void Abort();

 private:
  struct Connection;
  struct Incoming;
  struct Parser;
  struct BodyParser;
  class Upload;
  /// What of a request matters for its answer.
  struct Answering {
    unsigned version = 11;
    bool keep_alive = false;
    bool head_only = false;
    bool gzip = false;
  };
  /// What comes later, of the gate or of the handler, comes from the io_context, while the coroutine sleeps in the
  /// timer.
  struct Pending {
    explicit Pending(const boost::asio::ip::tcp::socket::executor_type& executor)
        : timer(executor, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer timer;
  };
  template <typename Answer>
  struct Late : Pending {
    using Pending::Pending;
    std::optional<Answer> answer;
  };
  /// Kept apart from the session, for a stream may call its wake after the end of both.
  struct StreamWait {
    StreamWait(const boost::asio::ip::tcp::socket::executor_type& executor, BodyStream& body_)
        : timer(executor, boost::asio::steady_timer::time_point::max()), body(&body_) {}
    void Wake() {
      woken = true;
      timer.cancel();
    }
    boost::asio::steady_timer timer;
    BodyStream* body;  ///< none once it has ended
    bool woken = false;
    bool watched = false;  ///< the socket is waited upon, for the client to go away
  };

  void Arm(std::chrono::milliseconds limit, Phase phase);
  void Enter(Phase phase);
  void WaitFor(std::shared_ptr<Pending> pending);
  boost::asio::awaitable<void> Serve();
  boost::asio::awaitable<bool> Handshake();
  boost::asio::awaitable<bool> AwaitReadable();
  boost::asio::awaitable<boost::system::error_code> ReadHead(Connection& connection, Parser& parser);
  boost::asio::awaitable<bool> AwaitRequest(Connection& connection);
  boost::asio::awaitable<bool> ServeOne(Connection& connection);
  boost::asio::awaitable<void> ReadRequest(Connection& connection, Parser& parser, Incoming& incoming);
  boost::asio::awaitable<bool> ServeIncoming(Connection& connection, Parser& head, Incoming& incoming);
  boost::asio::awaitable<void> ReadPiece(Connection& connection, BodyParser& parser, Upload& upload);
  boost::asio::awaitable<bool> FailRequest(const Connection& connection, boost::system::error_code error);
  boost::asio::awaitable<Response> Respond(Request& request, std::string packed);
  boost::asio::awaitable<boost::system::error_code> ReadBody(Connection& connection, Parser& parser);
  bool Hold(std::size_t bytes);
  void Release();
  template <typename Answer, typename Ask>
  boost::asio::awaitable<Answer> AwaitAnswer(const Ask& ask, const Request& request);
  boost::asio::awaitable<Verdict> AskGate(const Request& head);
  boost::asio::awaitable<bool> Write(Response response, Answering answering);
  BodyStream::Next NextPiece(BodyStream& body, GzipWriter* packer, std::string& piece);
  boost::asio::awaitable<boost::system::error_code> WritePiece(std::string_view piece, bool chunked);
  boost::asio::awaitable<bool> WriteStream(BodyStream& body, bool chunked, bool gzip);
  boost::asio::awaitable<bool> AwaitMore(StreamWait& wait);
  void WatchForTheEnd(std::shared_ptr<StreamWait> wait);
  boost::asio::awaitable<bool> Fail(unsigned status, std::string_view reason);
  boost::asio::awaitable<void> Linger();
  void Run(boost::asio::awaitable<void> serve);
  Request RequestOf(const Parser& parser) const;
  boost::asio::awaitable<Response> Handle(const Request& request);
  Response Failure(const Request& request, std::string_view what);

  Stream stream_;
  boost::asio::ip::tcp::socket& socket_;  ///< under the stream
  std::shared_ptr<SessionHost> host_;
  Deadline deadline_;
  EvictionQueue::Member place_{this};
  Newcomer client_;
  std::string peer_;
  bool on_loopback_ = false;
  Phase phase_ = Phase::kNothingAsked;
  bool idle_ = false;                      ///< waits for a request to begin
  std::size_t held_bytes_ = 0;             ///< our part of the host's
  std::shared_ptr<Pending> pending_;       ///< while the gate has not decided, or the handler not answered
  std::shared_ptr<StreamWait> streaming_;  ///< while a stream is under way
};

}  // namespace lossd::http
