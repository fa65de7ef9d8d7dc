// What survives a restart: where each file stands together with the trackers that its samples went into. Neither is of
// use without the other: newer trackers would count samples twice, older ones would miss some.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "sources/files/file_position.h"

namespace lossd::state {

std::string EncodeState(const std::vector<sources::FilePosition>& positions, const core::JobTable& jobs,
                        core::Instant now);

/// Fills `jobs` and returns the positions. Nothing where the bytes do not fit (damaged, or saved with other tracker
/// settings); `jobs` is then empty, and every file is to be read from its head.
std::optional<std::vector<sources::FilePosition>> DecodeState(std::string_view body, core::JobTable& jobs,
                                                              core::Instant now);

}  // namespace lossd::state
