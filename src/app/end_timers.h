// The two waits at the end of the process.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <utility>

namespace lossd::app {

/// On the thread of the io_context. First the last values stay for a while, then what hangs is given up: neither wait
/// disturbs the other, in whatever order they are asked for.
class EndTimers {
 public:
  explicit EndTimers(boost::asio::io_context& io) : grace_(io), deadline_(io) {}

  /// Calls `end` after `grace`. False, and nothing is done, where that was asked for before, or the end has begun.
  bool EndAfter(std::chrono::nanoseconds grace, std::function<void()> end) {
    if (std::exchange(ending_, true)) return false;
    Wait(grace_, grace, std::move(end));
    return true;
  }
  /// The end has begun: calls `give_up` after `deadline`, unless it is called off.
  void BeginEnd(std::chrono::nanoseconds deadline, std::function<void()> give_up) {
    ending_ = true;
    grace_.cancel();
    Wait(deadline_, deadline, std::move(give_up));
  }
  void CallOff() { deadline_.cancel(); }

 private:
  static void Wait(boost::asio::steady_timer& timer, std::chrono::nanoseconds time, std::function<void()> run) {
    timer.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
    timer.async_wait([run = std::move(run)](boost::system::error_code error) {
      if (!error) run();
    });
  }

  boost::asio::steady_timer grace_, deadline_;
  bool ending_ = false;
};

}  // namespace lossd::app
