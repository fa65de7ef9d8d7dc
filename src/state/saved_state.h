// What survives a restart: how far each source has come together with the trackers that its samples went into. Neither
// is of use without the other: newer trackers would count samples twice, older ones would miss some.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cursor.h"
#include "core/job_table.h"

namespace lossd::state {

std::string EncodeState(const std::vector<core::Cursor>& cursors, const core::JobTable& jobs, core::Instant now);
/// What EncodeState writes before the jobs.
void EncodeCursors(core::StateWriter& out, const std::vector<core::Cursor>& cursors);

/// Appends the cursors at the front of a body; false where the bytes do not fit.
using ReadCursors = std::function<bool(core::StateReader& in, std::vector<core::Cursor>& cursors)>;
/// As EncodeState writes them.
bool ReadCursorList(core::StateReader& in, std::vector<core::Cursor>& cursors);

struct DecodedState {
  std::vector<core::Cursor> cursors;
  std::vector<core::JobTable::SeriesName> left_out;  ///< see JobTable::Load
};
/// Fills `jobs`. Nothing where the bytes do not fit (damaged, or saved with other tracker
/// settings); `jobs` is then empty, and every source is to be read from its beginning.
std::optional<DecodedState> DecodeState(std::string_view body, core::JobTable& jobs, core::Instant now,
                                        const ReadCursors& read_cursors = ReadCursorList);

}  // namespace lossd::state
