// Training scripts print themselves into their own logs.
#pragma once

#include <string_view>

namespace lossd::readers {

/// Whether a line looks written by a person, in a programming language or as documentation, and not by a running
/// program: then no number in it is taken.
bool LooksLikeSource(std::string_view line);

}  // namespace lossd::readers
