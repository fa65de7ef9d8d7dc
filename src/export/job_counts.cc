#include "export/job_counts.h"

#include "metrics/families.h"

namespace lossd::exporter {

std::vector<prometheus::MetricFamily> JobCounts::Collect() const {
  metrics::Families families;
  families.Add("lossd_jobs", jobs_.jobs().size());
  families.Add("lossd_series", jobs_.series());
  families.Add("lossd_series_label_bytes", jobs_.label_bytes());
  families.Add("lossd_jobs_expired_total", jobs_.expired_total());
  return families.Take();
}

}  // namespace lossd::exporter
