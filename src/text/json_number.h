// Numbers in JSON that was not written by a strict program.
#pragma once

#include <string_view>
#include <system_error>

namespace lossd::text {

/// Without the white space of JSON at either end.
std::string_view TrimJson(std::string_view text);

/// A number by the grammar of JSON, or one of the three tokens that Python's json writes and reads beside it: NaN,
/// Infinity, -Infinity.
bool IsNumberToken(std::string_view token);

/// Any spelling in which a program prints a number: "2.31", "+1e-3", ".5", "nan", "-Infinity". invalid_argument where
/// it is none, result_out_of_range beyond a double; `number` is then as it was. Too small for a double is 0.
std::errc ToDouble(std::string_view text, double& number);

}  // namespace lossd::text
