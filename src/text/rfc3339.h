// Times as RFC 3339 writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace lossd::text {

/// "2026-01-31T12:30:00Z", "2026-01-31 12:30:00.25+01:00": since 1970, to the nanosecond. A leap second is the one
/// after it. Nothing where the text is anything else, or a year outside of 1678 to 2261, which nanoseconds in 64 bits
/// cannot hold.
std::optional<std::chrono::sys_time<std::chrono::nanoseconds>> ParseRfc3339(std::string_view text);

}  // namespace lossd::text
