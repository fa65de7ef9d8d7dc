// Which files some process has open for writing, as far as that can be seen from here.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

namespace lossd::os {

/// Looks through /proc, at most every 10 s and never for more than a fiftieth of the time; answers between two looks
/// come from the last one. Not thread-safe.
class FileWriters {
 public:
  enum class Answer : std::uint8_t {
    kSeen,    ///< some process has it open for writing
    kUnseen,  ///< none is seen to
    kNone,    ///< none has: every process of this machine is in sight
  };
  /// `now` on a steady clock.
  Answer Find(std::uint64_t device, std::uint64_t inode, std::chrono::nanoseconds now);

 private:
  void Look();

  std::set<std::pair<std::uint64_t, std::uint64_t>> written_;
  bool sees_all_ = false;
  bool looked_ = false;
  std::chrono::nanoseconds next_look_{0};
};

}  // namespace lossd::os
