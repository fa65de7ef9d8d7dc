// A time limit for what a connection's client is to do.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

namespace lossd::http {

/// Ends the operations of a socket by cancelling them; expired() tells that it was not the peer. Used on the
/// io_context's thread only.
class Deadline {
 public:
  explicit Deadline(boost::asio::ip::tcp::socket& socket) : socket_(socket), timer_(socket.get_executor()) {}

  /// Replaces what was armed before. `owner` holds the socket and this deadline, and lives until it is disarmed.
  void Arm(std::chrono::milliseconds duration, const std::shared_ptr<void>& owner);
  void Disarm();
  bool expired() const { return expired_; }

 private:
  void Wait(const std::shared_ptr<void>& owner, std::uint64_t generation);

  boost::asio::ip::tcp::socket& socket_;
  boost::asio::steady_timer timer_;
  std::uint64_t generation_ = 0;
  bool expired_ = false;
};

}  // namespace lossd::http
