// Durations and sizes as operators write them.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lossd::text {

/// Reads a duration in the notation of Prometheus: `0`, or whole numbers with the units y, w, d, h, m, s, ms, each at
/// most once and from the largest to the smallest ("1h30m", "500ms"). Nothing where the text is anything else or beyond
/// 292 years.
std::optional<std::chrono::nanoseconds> ParseDuration(std::string_view text);
/// The shortest such notation; a remainder below a millisecond is dropped, a negative duration is written as `0s`.
std::string FormatDuration(std::chrono::nanoseconds duration);

/// Reads a number of bytes: digits with no unit or B, KiB, MiB, GiB (powers of 1024), kB, MB, GB (powers of 1000).
std::optional<std::size_t> ParseSize(std::string_view text);
/// With the largest power of 1024 that divides it: 65536 -> "64KiB", 1000 -> "1000B".
std::string FormatSize(std::size_t bytes);

}  // namespace lossd::text
