// Strings of JSON in texts that need not be JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lossd::text {

/// Appends the JSON string that begins at text[at], behind its opening quote; returns where its closing quote stands,
/// or the end of the text.
std::size_t UnescapeJson(std::string_view text, std::size_t at, std::string& out);

}  // namespace lossd::text
