#include "logging/background_output.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace lossd::logging {
namespace {

constexpr std::chrono::seconds kPatienceAtTheEnd{1};

/// Errors have no place to be told: what cannot be written is lost.
void WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

struct BackgroundOutput::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::string waiting;
  bool writing = false, ending = false;

  void Run(int descriptor) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || !waiting.empty(); });
      if (waiting.empty()) return;
      const std::string text = std::exchange(waiting, {});
      writing = true;
      lock.unlock();
      WriteAll(descriptor, text);
      lock.lock();
      writing = false;
      changed.notify_all();
    }
  }
};

BackgroundOutput::BackgroundOutput(int descriptor, std::size_t most_waiting)
    : queue_(std::make_shared<Queue>()), most_waiting_(most_waiting), stream_(this) {
  // Never joined: a write to a pipe that nobody reads has no end.
  std::thread([queue = queue_, descriptor] { queue->Run(descriptor); }).detach();
}

BackgroundOutput::~BackgroundOutput() {
  std::unique_lock lock(queue_->mutex);
  queue_->changed.wait_for(lock, kPatienceAtTheEnd, [this] { return queue_->waiting.empty() && !queue_->writing; });
  queue_->ending = true;
  queue_->waiting.clear();
  queue_->changed.notify_all();
}

BackgroundOutput::int_type BackgroundOutput::overflow(int_type character) {
  if (!traits_type::eq_int_type(character, traits_type::eof())) pending_ += traits_type::to_char_type(character);
  return traits_type::not_eof(character);
}

std::streamsize BackgroundOutput::xsputn(const char* text, std::streamsize size) {
  pending_.append(text, static_cast<std::size_t>(size));
  return size;
}

int BackgroundOutput::sync() {
  const std::string text = std::exchange(pending_, {});
  if (text.empty()) return 0;
  {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->waiting.size() + text.size() > most_waiting_) {
      ++left_out_;
      return 0;
    }
    queue_->waiting += text;
  }
  queue_->changed.notify_all();
  return 0;
}

}  // namespace lossd::logging
