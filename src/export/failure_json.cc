#include "export/failure_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <utility>

#include "export/json_value.h"

namespace lossd::exporter {

namespace json = boost::json;

json::value FailureSummary(const core::Job& job) {
  if (job.state != core::JobState::kFailed || !job.failure) return nullptr;
  return json::object{{"reason", core::Name(job.failure->reason)}, {"last_line", JsonText(job.failure->last_line)}};
}

json::value FailureObject(const core::Job& job) {
  json::value failure = FailureSummary(job);
  if (failure.is_null()) return failure;
  json::array lines;
  for (const std::string& line : job.failure->lines) lines.push_back(JsonText(line));
  failure.as_object()["lines"] = std::move(lines);
  return failure;
}

}  // namespace lossd::exporter
