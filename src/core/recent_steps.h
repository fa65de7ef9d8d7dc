// The steps of the last samples of a series, in half the memory of 64 bits each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/ring.h"

namespace lossd::core {

class StateReader;
class StateWriter;

/// Held as differences from one of them. A step that is more than 2^31 away from the newest is forgotten: it then
/// counts as one that was not logged. Never allocates after construction.
class RecentSteps {
 public:
  /// The sample had no step.
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

  explicit RecentSteps(std::size_t capacity) : offsets_(capacity) {}

  /// `step` may be kNone.
  void Push(std::int64_t step);
  /// The step of the sample pushed `age` pushes ago, or kNone; `age` must be less than size().
  std::int64_t FromNewest(std::size_t age) const {
    const std::int32_t offset = offsets_.FromNewest(age);
    return offset == kNoOffset ? kNone : base_ + offset;
  }
  std::size_t size() const { return offsets_.size(); }

  /// Appends the newest `count`, or all where there are fewer.
  void Save(StateWriter& out, std::size_t count) const;
  /// False, and empty, where the bytes hold more than fit, or end too early.
  bool Load(StateReader& in);

 private:
  static constexpr std::int32_t kNoOffset = std::numeric_limits<std::int32_t>::min();

  /// kNoOffset where the step is too far from the base.
  static std::int32_t Offset(std::int64_t step, std::int64_t base);
  void MoveBaseTo(std::int64_t step);

  Ring<std::int32_t> offsets_;
  std::int64_t base_ = 0;
};

}  // namespace lossd::core
