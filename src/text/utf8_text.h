// Text of unknown origin (names from logs and paths) made fit for formats that demand UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace lossd::text {

/// Valid UTF-8 (no surrogates, no overlong forms) without NUL. The empty text is.
bool IsUtf8(std::string_view text);

/// `text` with U+FFFD for every NUL and for every maximal part that is not UTF-8 (as in WHATWG's decoder).
std::string ToUtf8(std::string_view text);

}  // namespace lossd::text
