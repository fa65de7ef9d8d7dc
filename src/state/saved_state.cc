#include "state/saved_state.h"

#include <utility>

#include "core/state_codec.h"

namespace lossd::state {

void EncodeCursors(core::StateWriter& out, const std::vector<core::Cursor>& cursors) {
  out.U64(cursors.size());
  for (const core::Cursor& cursor : cursors) {
    out.String(cursor.source);
    out.String(cursor.key);
    out.String(cursor.value);
  }
}

std::string EncodeState(const std::vector<core::Cursor>& cursors, const core::JobTable& jobs, core::Instant now) {
  core::StateWriter out;
  EncodeCursors(out, cursors);
  jobs.Save(out, now);
  return out.Take();
}

bool ReadCursorList(core::StateReader& in, std::vector<core::Cursor>& cursors) {
  for (std::uint64_t left = in.U64(); left > 0 && in.ok(); --left) {
    core::Cursor& cursor = cursors.emplace_back();
    cursor.source = in.String();
    cursor.key = in.String();
    cursor.value = in.String();
  }
  return in.ok();
}

std::optional<DecodedState> DecodeState(std::string_view body, core::JobTable& jobs, core::Instant now,
                                        const ReadCursors& read_cursors) {
  core::StateReader in(body);
  DecodedState decoded;
  if (!read_cursors(in, decoded.cursors)) return std::nullopt;
  auto left_out = jobs.Load(in, now);
  if (!left_out) return std::nullopt;
  decoded.left_out = std::move(*left_out);
  return decoded;
}

}  // namespace lossd::state
