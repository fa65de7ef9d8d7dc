// Our own counts in the structures of prometheus-cpp.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "core/job_table.h"
#include "export/metrics_page.h"

namespace lossd::exporter {

/// Makes the `lossd_*` families of one moment, in the order of the catalogue. Both arguments must outlive it.
class OwnMetrics : public prometheus::Collectable {
 public:
  OwnMetrics(const OwnStats& stats, const core::JobTable& jobs) : stats_(stats), jobs_(jobs) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const OwnStats& stats_;
  const core::JobTable& jobs_;
};

}  // namespace lossd::exporter
