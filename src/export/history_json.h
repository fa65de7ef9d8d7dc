// The runs of a job's series for a chart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/job_table.h"
#include "export/overview.h"

namespace lossd::exporter {

struct HistoryQuery {
  std::vector<std::string> losses = {};     ///< the job's series wanted; none: the main one and the evaluation loss
  std::optional<std::uint64_t> since = {};  ///< only points that end with this sample or a later one
  std::uint64_t stride = 0;  ///< with `since`: the stride that the client has; another one gives every point
};

/// One job with the runs of its series, a column an array:
/// `{"now":…,"training_job":…,"labels":{…},"state":…,"step":…,…,"losses":[every
/// name],"main_loss":…,"series":[{"loss":…,"regime":…,
/// "why":…,"advice":…,…,"stride":…,"first_point":N,"sample":[…],"step":[…],"time":[…],"min":[…],"max":[…],"last":[…],
/// "smoothed":[…],"learning_rate":[…],"gradient_norm":[…],"windows":[{"window":…,"velocity":[…],"acceleration":[…]}],
/// "regimes":[{"sample":…,"step":…,"time":…,"regime":…}],"events":[{"kind":…,"sample":…,"step":…,"time":…,"value":…}]}]}`.
/// A column in which nothing was logged is null, as is a value that is not there; `first_point` is the position of the
/// first point sent. A series that has no history has its last window. Times are seconds.
std::string HistoryJson(const core::Job& job, const HistoryQuery& query, core::Timestamp now);

}  // namespace lossd::exporter
