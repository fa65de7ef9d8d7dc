// A file of its own: where the compiler sees both new and free in one place, it takes them for a mismatched pair.
#include "core/counting_new.h"

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
// Both forms: what either gives comes back to the one delete.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace lossd::core {
std::size_t Allocations() { return allocations; }
}  // namespace lossd::core
