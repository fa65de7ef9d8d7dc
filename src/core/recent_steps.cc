#include "core/recent_steps.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::core {

void RecentSteps::Push(std::int64_t step) {
  if (step == kNone) return offsets_.Push(kNoOffset);
  if (Offset(step, base_) == kNoOffset) MoveBaseTo(step);
  offsets_.Push(Offset(step, base_));
}

std::int32_t RecentSteps::Offset(std::int64_t step, std::int64_t base) {
  constexpr std::int64_t kFarthest = std::numeric_limits<std::int32_t>::max();
  // Both may be of any size, so that the difference may wrap around.
  const auto apart = static_cast<std::int64_t>(static_cast<std::uint64_t>(step) - static_cast<std::uint64_t>(base));
  const bool wrapped = (apart < 0) != (step < base);
  return wrapped || apart > kFarthest || apart < -kFarthest ? kNoOffset : static_cast<std::int32_t>(apart);
}

void RecentSteps::MoveBaseTo(std::int64_t step) {
  for (std::int32_t& offset : offsets_.places()) {
    if (offset != kNoOffset) offset = Offset(base_ + offset, step);
  }
  base_ = step;
}

void RecentSteps::Save(StateWriter& out, std::size_t count) const {
  count = std::min(count, size());
  out.U64(count);
  for (std::size_t age = count; age-- > 0;) out.I64(FromNewest(age));
}

bool RecentSteps::Load(StateReader& in) {
  offsets_.Clear();
  const std::uint64_t count = in.U64();
  if (count > offsets_.capacity()) in.Fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) Push(in.I64());
  if (!in.ok()) offsets_.Clear();
  return in.ok();
}

}  // namespace lossd::core
