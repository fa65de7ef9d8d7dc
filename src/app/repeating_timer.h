// Calls a function again and again.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <utility>

namespace lossd::app {

/// On the thread of the io_context, which it keeps running until Stop. Not before the first interval has passed; the
/// next one begins when the function has returned.
class RepeatingTimer {
 public:
  RepeatingTimer(boost::asio::io_context& io, std::chrono::nanoseconds interval, std::function<void()> run)
      : timer_(io), interval_(interval), run_(std::move(run)) {}

  void Start() {
    if (stopped_) return;
    timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(interval_));
    timer_.async_wait([this](boost::system::error_code error) {
      // Where its time has come it is queued already, and cancelling comes too late to be seen in the error.
      if (error || stopped_) return;
      run_();
      Start();
    });
  }
  /// For good.
  void Stop() {
    stopped_ = true;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::chrono::nanoseconds interval_;
  std::function<void()> run_;
  bool stopped_ = false;
};

}  // namespace lossd::app
