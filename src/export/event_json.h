// The lines of `lossd replay --output json`: one object each, without a line feed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/regime/regime.h"
#include "core/series_tracker.h"

namespace lossd::exporter {

/// `{"event":"regime",...}`, or the object of an outlier, spike, restart or non-finite sample.
std::string EventJson(std::string_view training_job, std::string_view loss, const core::Event& event);

/// `{"event":"summary",...}` of a series that has ended; velocity and acceleration are those of `window`. What has no
/// meaning yet is null.
std::string SummaryJson(std::string_view training_job, std::string_view loss, const core::SeriesSnapshot& series,
                        std::size_t window);

}  // namespace lossd::exporter
