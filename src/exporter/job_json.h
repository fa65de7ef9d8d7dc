// What `GET /api/v1/jobs` and `GET /api/v1/jobs/{job}` answer.
#pragma once

#include <string>

#include "core/job_table.h"

namespace lossd::exporter {

/// `{"jobs":[{...}]}`, in order of name: for every job its labels, last step, state and the regime of each series.
std::string JobListJson(const core::JobTable& jobs);

/// One job with everything that is known of each series, its recent history (the losses of the default window, oldest
/// first) included. What has no meaning yet is null; numbers that are not finite are the strings "nan", "inf" and
/// "-inf". Text that is not UTF-8 comes with replacement characters.
std::string JobJson(const core::Job& job);

}  // namespace lossd::exporter
