// One connection: requests in order, one at a time, each with deadlines of its own.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.h"
#include "http/server.h"
#include "http/stream.h"

namespace lossd::http {

class Session;

/// What the sessions of one server share; it outlives the last of them.
struct SessionHost {
  ServerOptions options;
  Handler handler;
  Gate gate;
  ExceptionObserver on_exception;
  std::shared_ptr<TlsContext> tls;                           ///< of new connections; none: they are plain
  std::vector<std::pair<std::string, std::string>> headers;  ///< of every response
  ServerStats stats;
  std::set<Session*> sessions;         ///< those with an open connection
  std::size_t body_bytes = 0;          ///< of request bodies that have come in part
  bool draining = false;               ///< no request after the one under way
  std::function<void()> on_last_gone;  ///< called whenever `sessions` has become empty
};

/// Lives until its connection has ended, held by its own operations. Used on the io_context's thread only.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<SessionHost> host);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Serves the connection until it ends.
  void Start();
  /// Answers 503, whatever is asked, and closes.
  void Refuse();
  /// Since when the client has kept us waiting for what it is to send or to take; nothing while it waits for us.
  std::optional<std::chrono::steady_clock::time_point> waiting_since() const;
  /// Ends the connection if no request is under way.
  void CloseIfIdle();
  /// Ends the connection now.
  void Abort();

 private:
  /// How a deadline ends an operation: the socket's operations are cancelled, and expired() tells that it was not the
  /// peer.
  class Deadline {
   public:
    explicit Deadline(boost::asio::ip::tcp::socket& socket) : socket_(socket), timer_(socket.get_executor()) {}
    void Arm(std::chrono::milliseconds duration, const std::shared_ptr<Session>& owner);
    void Disarm();
    bool expired() const { return expired_; }

   private:
    void Wait(const std::shared_ptr<Session>& owner, std::uint64_t generation);

    boost::asio::ip::tcp::socket& socket_;
    boost::asio::steady_timer timer_;
    std::uint64_t generation_ = 0;
    bool expired_ = false;
  };
  struct Connection;
  struct PendingVerdict;

  boost::asio::awaitable<void> Serve();
  boost::asio::awaitable<bool> Handshake();
  boost::asio::awaitable<bool> AwaitReadable();
  boost::asio::awaitable<bool> AwaitRequest(Connection& connection);
  boost::asio::awaitable<bool> ServeOne(Connection& connection);
  bool HoldBody(std::size_t bytes);
  void ReleaseBody();
  boost::asio::awaitable<Verdict> AskGate(const Request& head);
  boost::asio::awaitable<bool> Write(Response response, unsigned version, bool keep_alive, bool head, bool gzip);
  boost::asio::awaitable<bool> Fail(unsigned status, std::string_view reason);
  boost::asio::awaitable<void> Linger();
  void Run(boost::asio::awaitable<void> serve);
  Response Handle(const Request& request);
  Response Failure(const Request& request, std::string_view what);

  Stream stream_;
  boost::asio::ip::tcp::socket& socket_;  ///< under the stream
  std::shared_ptr<SessionHost> host_;
  Deadline deadline_;
  bool idle_ = false;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();  ///< of the phase at hand
  std::size_t body_bytes_ = 0;                                                      ///< our part of the host's
  std::shared_ptr<PendingVerdict> pending_;                                         ///< while the gate has not decided
};

}  // namespace lossd::http
