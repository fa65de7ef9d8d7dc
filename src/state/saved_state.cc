#include "state/saved_state.h"

#include <utility>

#include "core/state_codec.h"

namespace lossd::state {

std::string EncodeState(const std::vector<sources::FilePosition>& positions, const core::JobTable& jobs,
                        core::Instant now) {
  core::StateWriter out;
  out.U64(positions.size());
  for (const sources::FilePosition& position : positions) position.Save(out);
  jobs.Save(out, now);
  return out.Take();
}

std::optional<std::vector<sources::FilePosition>> DecodeState(std::string_view body, core::JobTable& jobs,
                                                              core::Instant now) {
  core::StateReader in(body);
  std::vector<sources::FilePosition> positions;
  for (std::uint64_t left = in.U64(); left > 0 && in.ok(); --left) {
    sources::FilePosition position;
    if (!position.Load(in)) return std::nullopt;
    positions.push_back(std::move(position));
  }
  if (!in.ok() || !jobs.Load(in, now)) return std::nullopt;
  return positions;
}

}  // namespace lossd::state
