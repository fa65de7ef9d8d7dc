// What several answers say of a job, in the same JSON.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>

#include "core/job_table.h"

namespace lossd::exporter {

boost::json::object LabelsObject(const core::Labels& labels);

/// Appends what the log last said beside its losses, from `step` to `last_sample_timestamp_seconds`.
void AddReadings(boost::json::object& object, const core::Job& job);

/// The step before which a checkpoint is taken for sound, where `advice` asks for one and steps are logged.
std::optional<std::int64_t> CheckpointBefore(const core::SeriesSnapshot& series, const core::LrAdvice& advice);

/// `{"reason":…,"last_line":…,"lines":[…]}`; null where the job has not failed.
boost::json::value FailureObject(const core::Job& job);
/// The same without the lines, for lists of jobs.
boost::json::value FailureSummary(const core::Job& job);

}  // namespace lossd::exporter
