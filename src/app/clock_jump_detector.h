// Notices that the system's clock was set.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/sample.h"

namespace lossd::app {

/// Wall time that runs unlike the steady clock has jumped. Nothing here depends on wall time but what is shown and the
/// age of files; that it jumped explains odd timestamps. A system that slept looks like a jump forward. A slow
/// correction (NTP slews by at most 0.5 ms a second) is none.
class ClockJumpDetector {
 public:
  static constexpr std::chrono::nanoseconds kSmallest = std::chrono::seconds(1);

  struct Jumps {
    std::uint64_t forward = 0, back = 0;
  };

  /// To be called every second or so. Returns the size of a jump since the last call, positive forward; 0: none.
  std::chrono::nanoseconds Tick(core::Instant now) {
    const std::chrono::nanoseconds offset = now.wall.time_since_epoch() - now.steady;
    const std::chrono::nanoseconds jump = offset - last_offset_.value_or(offset);
    last_offset_ = offset;
    if (jump >= kSmallest) ++jumps_.forward;
    if (jump <= -kSmallest) ++jumps_.back;
    return jump >= kSmallest || jump <= -kSmallest ? jump : std::chrono::nanoseconds{0};
  }

  const Jumps& jumps() const { return jumps_; }

 private:
  std::optional<std::chrono::nanoseconds> last_offset_;
  Jumps jumps_;
};

}  // namespace lossd::app
