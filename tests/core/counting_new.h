// Replaces the global operator new of the program that links it by one that counts.
#pragma once

#include <cstddef>

namespace lossd::core {

/// Calls of operator new so far.
std::size_t Allocations();

}  // namespace lossd::core
