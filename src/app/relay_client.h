// The daemon's side of the socket to the relay around it (see cli/command_relay.h).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <thread>

#include "cli/command_relay.h"

namespace lossd::app {

/// On the thread of the io_context, but for the passing on of the output in the place of a relay that was killed, which
/// has a thread of its own: the destructor waits for its end.
class RelayClient {
 public:
  struct Events {
    std::function<void()> interrupted;              ///< somebody wants the end
    std::function<void(int status)> command_ended;  ///< what it has left behind may still write
    std::function<void()> killed;                   ///< nothing more is heard of the command
  };
  /// `relay` must outlive it.
  RelayClient(const cli::DaemonSide& relay, boost::asio::io_context& io, Events events);
  ~RelayClient();

  /// Says that the daemon listens, and hears from now on.
  void Start();
  /// Hears nothing any more: the io_context may end.
  void Stop();

 private:
  void Wait();
  void TakeMessages();

  const cli::DaemonSide& relay_;
  Events events_;
  boost::asio::posix::stream_descriptor socket_;
  std::thread passing_on_;
  bool output_ended_ = false, stopped_ = false;
};

}  // namespace lossd::app
