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

/// `{"training_job":…,"loss":…,"regime":…,"step":…,"ratio":…,"reason":…,"advice":…,"restore":…,
/// "checkpoint_before_step":…}` for a training loop that asks what to multiply its learning rate by; a series too young
/// for advice says 1 and "keep". `step` is the newest one that the advice rests on. Where `restore` is true, the
/// weights should come from a checkpoint no newer than `checkpoint_before_step` (null where no steps are logged).
/// `loss` is one of the job's series.
std::string AdviceJson(const core::Job& job, const std::string& loss);

}  // namespace lossd::exporter
