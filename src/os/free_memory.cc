#include "os/free_memory.h"

#include <malloc.h>

#include <cstddef>

namespace lossd::os {

void ReturnLargeBlocksAtOnce() {
#ifdef __GLIBC__
  // Without it the threshold grows to the largest block that was ever freed, and the blocks below it stay in the heap.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

void ReturnFreeMemory() {
#ifdef __GLIBC__
  constexpr std::size_t kMuch = 8 << 20;
  if (::mallinfo2().fordblks > kMuch) ::malloc_trim(0);
#endif
}

}  // namespace lossd::os
