#include "http/deadline.h"

namespace lossd::http {
namespace {

constexpr std::chrono::milliseconds kRecancel{20};

}  // namespace

void Deadline::Arm(std::chrono::milliseconds duration, const std::shared_ptr<void>& owner) {
  expired_ = false;
  timer_.expires_after(duration);
  Wait(owner, ++generation_);
}

void Deadline::Disarm() {
  ++generation_;
  timer_.cancel();
}

void Deadline::Wait(const std::shared_ptr<void>& owner, std::uint64_t generation) {
  timer_.async_wait([this, owner, generation](const boost::system::error_code& error) {
    if (error || generation != generation_) return;
    expired_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    // Between two reads of one composed operation there may be nothing to cancel: try until somebody disarms.
    timer_.expires_after(kRecancel);
    Wait(owner, generation);
  });
}

}  // namespace lossd::http
