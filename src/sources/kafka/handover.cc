#include "sources/kafka/handover.h"

#include <utility>

namespace lossd::sources {

bool Handover::Run(Task task) {
  if (!Post(std::move(task))) return false;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return on_the_way_ == 0 || abandoned_; });
  return !abandoned_;
}

bool Handover::Post(Task task) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return on_the_way_ < kMostOnTheWay || abandoned_; });
  if (abandoned_) return false;
  ++on_the_way_;
  post_([self = shared_from_this(), task = std::move(task)] {
    if (self->abandoned()) return;
    task();
    const std::scoped_lock done(self->mutex_);
    --self->on_the_way_;
    self->changed_.notify_all();
  });
  return true;
}

void Handover::Sleep(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return ending_ || abandoned_; });
}

bool Handover::ending() const {
  const std::scoped_lock lock(mutex_);
  return ending_ || abandoned_;
}

bool Handover::abandoned() const {
  const std::scoped_lock lock(mutex_);
  return abandoned_;
}

void Handover::AskToEnd() {
  const std::scoped_lock lock(mutex_);
  ending_ = true;
  changed_.notify_all();
}

void Handover::Abandon() {
  const std::scoped_lock lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

}  // namespace lossd::sources
