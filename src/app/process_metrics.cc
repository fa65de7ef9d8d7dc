#include "app/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "app/version.h"
#include "metrics/families.h"

namespace lossd::app {
namespace {

/// What the system says of this process, under the names that every client library gives it.
void AddUsage(metrics::Families& families) {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  families.Add("process_cpu_seconds_total", seconds(used.ru_utime) + seconds(used.ru_stime));
  std::uint64_t pages = 0, resident = 0;
  if (std::ifstream("/proc/self/statm") >> pages >> resident) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    families.Add("process_resident_memory_bytes", resident * page);
    families.Add("process_virtual_memory_bytes", pages * page);
  }
  std::uint64_t open = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error)) {
    ++open;
  }
  families.Add("process_open_fds", open);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) families.Add("process_max_fds", std::uint64_t{limit.rlim_cur});
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  const Version build = BuildVersion();
  metrics::Families families;
  families.Add("lossd_build_info", 1,
               {{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}});
  families.Add("process_start_time_seconds", core::UnixSeconds(start));
  AddUsage(families);
  families.Add("lossd_config_last_reload_successful", config_reload_successful ? 1 : 0);
  families.Add("lossd_config_last_reload_success_timestamp_seconds", core::UnixSeconds(config_reloaded));
  families.Add("lossd_scrape_duration_seconds", last_scrape_duration_seconds);
  families.Add("lossd_clock_jumps_total", clock.jumps().back, {{"direction", "back"}});
  families.Add("lossd_clock_jumps_total", clock.jumps().forward, {{"direction", "forward"}});
  return families.Take();
}

}  // namespace lossd::app
