// Takes out of a line what was meant for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace lossd::readers {

/// Without colours, window titles, NUL bytes, byte order marks and other control characters. Where the cursor moved or
/// went back (progress bars), the line falls into segments, each drawn over the last; they come joined by '\r'. What
/// was drawn after clearing the screen is a display, not a log, and goes. UTF-16 comes out as the ASCII characters in
/// it. Returns `line` itself where there is nothing to take out, otherwise a view of `buffer`.
std::string_view CleanText(std::string_view line, std::string& buffer);

}  // namespace lossd::readers
