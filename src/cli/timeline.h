// What happened to a series, in text for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/regime/regime.h"
#include "core/series_tracker.h"

namespace lossd::cli {

/// One line without its end: "step 1200  llama/train  healthy -> diverging  (rose 5.1 noise deviations ...)". A series
/// without steps shows the number of the sample.
std::string EventText(std::string_view training_job, std::string_view loss, const core::Event& event);

/// The line for a series that has ended; velocity and acceleration are those of `window`.
std::string SummaryText(std::string_view training_job, std::string_view loss, const core::SeriesSnapshot& series,
                        std::size_t window);

}  // namespace lossd::cli
