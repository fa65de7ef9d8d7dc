// An HTTP/1.1 server on an io_context that somebody else runs. Transport only: what a path means is the handler's
// business.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/message.h"
#include "http/server_options.h"

namespace lossd::http {

struct TlsContext;

/// Counts for our own metrics, read on the io_context's thread.
struct ServerStats {
  std::map<unsigned, std::uint64_t> requests_by_code;
  std::uint64_t connections_accepted = 0, connections_refused = 0, tls_handshakes_failed = 0;
  std::size_t connections_open = 0;
};

/// Keep-alive, pipelining in order, gzip, deflate and snappy bodies in, gzip out where the client accepts it, HEAD as
/// GET without body, `Expect: 100-continue`. All methods are called on the io_context's thread (or before it runs).
class Server {
 public:
  Server(boost::asio::io_context& io, ServerOptions options, Handler handler);
  Server(boost::asio::io_context& io, ServerOptions options, AsyncHandler handler);
  ~Server();

  /// Without an observer, exceptions of the handler only show as 500.
  void ObserveExceptions(ExceptionObserver observer);

  /// Without a gate every request is let through. An exception that leaves it is answered with 500.
  void SetGate(Gate gate);
  /// Without a policy every body is read before its handler is called.
  void SetBodyPolicy(BodyPolicy takes_incoming);
  /// Connections from now on speak TLS, or plain where there is no context; those that are open stay what they are. To
  /// plain HTTP on a port with TLS the answer is 400, in plain.
  void SetTls(std::shared_ptr<TlsContext> context);
  /// Added to every response from now on.
  void SetHeaders(std::vector<std::pair<std::string, std::string>> headers);

  /// Listens on "host:port", ":port" or "[v6]:port"; port 0 takes a free one. May be called several times. The error
  /// says what failed; the endpoint is where it really listens.
  boost::system::result<boost::asio::ip::tcp::endpoint> Listen(const std::string& address);

  /// Stops accepting, lets requests under way finish, closes idle connections, and after `grace` the rest; then calls
  /// `done` once.
  void Drain(std::chrono::milliseconds grace, std::function<void()> done);

  const ServerStats& stats() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace lossd::http
