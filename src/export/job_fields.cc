#include "export/job_fields.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "export/json_value.h"

namespace lossd::exporter {
namespace {

namespace json = boost::json;

/// A checkpoint is taken for sound so many steps before the trouble showed: the weights go bad before the loss does.
constexpr std::int64_t kSafeSteps = 100;

}  // namespace

json::object LabelsObject(const core::Labels& labels) {
  json::object object;
  for (const auto& [name, value] : labels) object[JsonText(name)] = JsonText(value);
  return object;
}

void AddReadings(json::object& object, const core::Job& job) {
  object["step"] = JsonInteger(job.step);
  object["epoch"] = JsonNumber(job.epoch);
  object["learning_rate"] = JsonNumber(job.learning_rate);
  object["gradient_norm"] = JsonNumber(job.gradient_norm);
  object["loss_scale"] = JsonNumber(job.loss_scale);
  object["skipped_steps"] = job.skipped_steps ? json::value(*job.skipped_steps) : json::value();
  object["last_sample_timestamp_seconds"] = core::UnixSeconds(job.last_sample.wall);
}

std::optional<std::int64_t> CheckpointBefore(const core::SeriesSnapshot& series, const core::LrAdvice& advice) {
  if (!core::AsksForCheckpoint(advice.reason) || !series.trouble_step) return std::nullopt;
  return std::max(*series.trouble_step - kSafeSteps, std::int64_t{0});
}

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
