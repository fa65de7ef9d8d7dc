// How a job that has failed is told in JSON.
#pragma once

#include <boost/json/value.hpp>

#include "core/job_table.h"

namespace lossd::exporter {

/// `{"reason":…,"last_line":…,"lines":[…]}`; null where the job has not failed.
boost::json::value FailureObject(const core::Job& job);
/// The same without the lines, for lists of jobs.
boost::json::value FailureSummary(const core::Job& job);

}  // namespace lossd::exporter
