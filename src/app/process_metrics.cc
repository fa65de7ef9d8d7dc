#include "app/process_metrics.h"

#include <chrono>

#include "app/version.h"
#include "metrics/families.h"

namespace lossd::app {
namespace {

double Seconds(core::Timestamp time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  const Version build = BuildVersion();
  metrics::Families families;
  families.Add("lossd_build_info", 1,
               {{"version", build.version}, {"revision", build.revision}, {"compiler", build.compiler}});
  families.Add("process_start_time_seconds", Seconds(start));
  families.Add("lossd_config_last_reload_successful", config_reload_successful ? 1 : 0);
  families.Add("lossd_config_last_reload_success_timestamp_seconds", Seconds(config_reloaded));
  families.Add("lossd_scrape_duration_seconds", last_scrape_duration_seconds);
  families.Add("lossd_clock_jumps_total", clock.jumps().back, {{"direction", "back"}});
  families.Add("lossd_clock_jumps_total", clock.jumps().forward, {{"direction", "forward"}});
  return families.Take();
}

}  // namespace lossd::app
