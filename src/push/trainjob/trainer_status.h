// The status that a pod of a Kubeflow TrainJob reports (KEP-2779) -> samples.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sample.h"
#include "records/gauge_reader.h"

namespace lossd::push {

struct TrainerStatus {
  std::vector<records::Gauge> metrics;  ///< `trainerStatus.metrics`: names and values, which are strings
  std::optional<core::Timestamp> time;  ///< `lastUpdatedTime`
  bool complete = false;                ///< `progressPercentage` is 100
};

/// What is wrong with a body, and where.
struct StatusError {
  std::string field, reason;
};

/// `{"trainerStatus":{"progressPercentage":45,"metrics":[{"name":"loss","value":"0.2347"}],"lastUpdatedTime":"..."}}`.
/// Unknown members are ignored, numbers may stand in place of strings.
boost::system::result<TrainerStatus, StatusError> ParseTrainerStatus(std::string_view body);

}  // namespace lossd::push
