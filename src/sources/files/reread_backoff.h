// Keeps one file from being read from its head over and over.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace lossd::sources {

/// A file system that lies about sizes or contents, or a writer that rewrites its file all the time, would have us read
/// the same file without end. Small rereads are free: a storm of rotations is work, not a loop. Of large ones a few in
/// a row are allowed; each further one waits twice as long, up to a minute, and a quiet hour forgives everything.
/// Nothing is lost by waiting: what the file holds then is read.
class RereadBackoff {
 public:
  static constexpr std::uint64_t kSmall = 1 << 20;
  static constexpr int kFree = 3;
  static constexpr std::chrono::nanoseconds kLongestWait = std::chrono::minutes(1);
  static constexpr std::chrono::nanoseconds kForgiveness = std::chrono::hours(1);

  /// The file starts over after `bytes` were read of it. Returns how long to leave it alone first.
  std::chrono::nanoseconds StartsOver(std::uint64_t bytes, std::chrono::nanoseconds now) {
    if (bytes < kSmall) return std::chrono::nanoseconds{0};
    if (now - last_ > kForgiveness) count_ = 0;
    last_ = now;
    if (++count_ <= kFree) return std::chrono::nanoseconds{0};
    const int doublings = std::min(count_ - kFree - 1, 6);
    return std::min(kLongestWait, std::chrono::nanoseconds(std::chrono::seconds(1)) * (1 << doublings));
  }

 private:
  int count_ = 0;
  std::chrono::nanoseconds last_{0};
};

}  // namespace lossd::sources
