// How many jobs and series are tracked.
#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "core/job_table.h"

namespace lossd::exporter {

/// What the job table tells of itself. The table must outlive it.
class JobCounts : public prometheus::Collectable {
 public:
  explicit JobCounts(const core::JobTable& jobs) : jobs_(jobs) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const core::JobTable& jobs_;
};

}  // namespace lossd::exporter
