// The page that a browser gets at `/`.
#pragma once

#include <string>
#include <string_view>

#include "core/job_table.h"

namespace lossd::web {

/// HTML: the version, links to the other pages, a table of the jobs. `telemetry_path` is where the metrics are.
std::string LandingPage(const core::JobTable& jobs, std::string_view version, std::string_view telemetry_path);

}  // namespace lossd::web
