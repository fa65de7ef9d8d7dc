// Text to a file descriptor whose reader may be slow, or never read at all, without waiting for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>

namespace lossd::logging {

/// What is written is handed over, with each flush as a whole, to a thread that writes it. For one thread that writes.
class BackgroundOutput : private std::streambuf {
 public:
  /// `descriptor` must stay open. Text that has not been written yet never takes more than `most_waiting` bytes.
  explicit BackgroundOutput(int descriptor, std::size_t most_waiting = kMostWaiting);
  /// Waits for what is left to be written, but no longer than a second: a reader that does not read keeps nobody.
  ~BackgroundOutput() override;
  BackgroundOutput(const BackgroundOutput&) = delete;
  BackgroundOutput& operator=(const BackgroundOutput&) = delete;

  /// A flush that does not fit fails, and what it was to flush is left out as a whole; the next one is tried anew.
  std::ostream& stream() { return stream_; }
  /// How many flushes were left out so far.
  std::uint64_t left_out() const { return left_out_; }

  static constexpr std::size_t kMostWaiting = 1 << 20;

 private:
  struct Queue;

  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

  std::shared_ptr<Queue> queue_;  ///< shared with the thread, which may outlive us in a write that does not end
  std::size_t most_waiting_;
  std::string pending_;
  std::uint64_t left_out_ = 0;
  std::ostream stream_;
};

}  // namespace lossd::logging
