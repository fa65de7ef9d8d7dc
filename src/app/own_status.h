// What the status page says of this process.
#pragma once

#include <prometheus/collectable.h>

#include <map>
#include <span>
#include <string>

#include "cli/flag_catalog.h"
#include "core/job_table.h"
#include "sources/source.h"
#include "web/status.h"

namespace lossd::app {

/// `given` is what the configuration in force says, `parts` whose own metrics are shown, `sources` which
/// tell of their inputs.
web::Status DescribeSelf(const cli::Options& options, const std::map<std::string, std::string>& given,
                         core::Timestamp start, const core::JobTable& jobs,
                         std::span<const prometheus::Collectable* const> parts,
                         std::span<sources::Source* const> sources);

}  // namespace lossd::app
