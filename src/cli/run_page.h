// Runs as one page of HTML that needs nothing beside itself: a picture to attach to a ticket.
#pragma once

#include <string>

#include "core/job_table.h"

namespace lossd::cli {

/// The daemon's page of a job, with the styles, the scripts and the runs of all jobs in it.
std::string RunPage(const core::JobTable& jobs);

}  // namespace lossd::cli
