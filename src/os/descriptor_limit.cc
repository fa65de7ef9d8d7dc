#include "os/descriptor_limit.h"

#include <sys/resource.h>

namespace lossd::os {
namespace {

constexpr std::size_t kUnknown = 1024;  // the system's default in force

}  // namespace

std::size_t MostDescriptors() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_max) : kUnknown;
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace lossd::os
