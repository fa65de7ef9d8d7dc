#include "os/free_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

namespace lossd::os {
namespace {

/// Segments that cannot be written, and so hold what stands in their file and nothing else.
int UnmapSegments(dl_phdr_info* object, std::size_t /*size*/, void* /*data*/) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    // Whole pages alone: another segment may begin in the last one. Where it is refused, the pages stay.
    const std::uintptr_t address = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t begin = (address + page - 1) / page * page, end = (address + segment.p_memsz) / page * page;
    if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void ReturnLargeBlocksAtOnce() {
#ifdef __GLIBC__
  // Without it the threshold grows to the largest block that was ever freed, and the blocks below it stay in the heap.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
#endif
}

void HeapTrimmer::Tick() {
#ifdef __GLIBC__
  constexpr std::size_t kMuch = 8 << 20;
  constexpr int kShare = 5000;  // of the time
  const auto begin = std::chrono::steady_clock::now();
  if (begin < next_look_) return;
  if (::mallinfo2().fordblks > kMuch) ::malloc_trim(0);
  const auto end = std::chrono::steady_clock::now();
  next_look_ = end + kShare * (end - begin);
#endif
}

void UnmapUnusedCode() { ::dl_iterate_phdr(UnmapSegments, nullptr); }

}  // namespace lossd::os
