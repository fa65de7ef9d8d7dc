// How many file descriptors this process may have.
#pragma once

#include <cstddef>

namespace lossd::os {

/// The most that the limit may be raised to without privileges.
std::size_t MostDescriptors();

/// Raises the limit in force to that. A child that is started later inherits it, and one that uses select() cannot
/// bear it: start children before.
void RaiseDescriptorLimit();

}  // namespace lossd::os
