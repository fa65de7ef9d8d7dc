// What became of a series, as an engineer would tell another: its curve, where its time went, what to do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/job_table.h"

namespace lossd::cli {

enum class Charset : std::uint8_t { kUtf8, kAscii };

/// The losses as a line of at most `width` characters, each the height of one stretch; where one stands out, that.
/// Every
/// '!' is a stretch without a finite loss.
std::string SparklineText(std::span<const core::RunHistory::Point> points, std::size_t width, Charset charset);

/// Several lines, each with its end. `history` may be nullptr: no curve then.
std::string RunText(std::string_view training_job, std::string_view loss, const core::SeriesTracker& tracker,
                    const core::RunHistory* history, Charset charset);

/// Names come from logs: control characters in them, which a terminal would obey, are shown as \xHH, and marks that
/// turn the direction of text as \uHHHH.
std::string ForTerminal(std::string_view text);

}  // namespace lossd::cli
