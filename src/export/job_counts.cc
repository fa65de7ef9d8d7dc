#include "export/job_counts.h"

#include <cstddef>

#include "metrics/families.h"

namespace lossd::exporter {

std::vector<prometheus::MetricFamily> JobCounts::Collect() const {
  std::size_t series = 0;
  for (const auto& [name, job] : jobs_.jobs()) series += job.series.size();
  metrics::Families families;
  families.Add("lossd_jobs", jobs_.jobs().size());
  families.Add("lossd_series", series);
  families.Add("lossd_jobs_expired_total", jobs_.expired_total());
  return families.Take();
}

}  // namespace lossd::exporter
