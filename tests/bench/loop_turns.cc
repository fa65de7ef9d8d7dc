// How long the turns of a program's event loop take: preloaded (LD_PRELOAD), it notes what the main thread does between
// two waits of epoll. That is how long whoever has just come waits for the others, whatever else the machine does.
//
// LOSSD_LOOP_TURNS names a file of two doubles: the longest turn so far, in seconds of the thread's CPU and of the
// clock. Whoever reads it may set them to zero.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace {

struct Longest {
  double cpu, wall;
};

double Now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

Longest* Shared() {
  const char* const name = std::getenv("LOSSD_LOOP_TURNS");
  const int file = name == nullptr ? -1 : ::open(name, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* const mapped = ::mmap(nullptr, sizeof(Longest), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  ::close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<Longest*>(mapped);
}

}  // namespace

extern "C" int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  using Wait = int (*)(int, epoll_event*, int, int);
  static const auto wait = reinterpret_cast<Wait>(::dlsym(RTLD_NEXT, "epoll_wait"));
  static Longest* const longest = Shared();
  static Longest begin{};
  const bool counted = longest != nullptr && ::syscall(SYS_gettid) == ::getpid();
  if (counted && begin.wall > 0) {
    longest->cpu = std::max(longest->cpu, Now(CLOCK_THREAD_CPUTIME_ID) - begin.cpu);
    longest->wall = std::max(longest->wall, Now(CLOCK_MONOTONIC) - begin.wall);
  }
  const int result = wait(epoll, events, most, timeout);
  if (counted) begin = {Now(CLOCK_THREAD_CPUTIME_ID), Now(CLOCK_MONOTONIC)};
  return result;
}
