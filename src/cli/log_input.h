// A finished log, read from front to back.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace lossd::cli {

/// Calls `take` with each piece of the file at `path`, in order; "-" is standard input, and a gzip file gives what was
/// compressed, as far as it is not cut short or damaged. Waits on a pipe. The answer is what kept it from the end of
/// the file, if anything.
std::error_code ReadLog(const std::string& path, const std::function<void(std::string_view)>& take);

}  // namespace lossd::cli
