#include "push/trainjob/trainer_status.h"

#include <boost/json.hpp>
#include <optional>

#include "push/exact_json.h"
#include "text/json_number.h"
#include "text/rfc3339.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostMetrics = 256;

std::optional<double> NumberOf(const json::value& value) {
  if (value.is_number()) return value.to_number<double>();
  double number = 0;
  if (!value.is_string() || text::ToDouble(std::string_view(value.as_string()), number) != std::errc())
    return std::nullopt;
  return number;
}

}  // namespace

boost::system::result<TrainerStatus, StatusError> ParseTrainerStatus(std::string_view body) {
  const auto parsed = ParseExactJson(body);
  if (!parsed) return StatusError{"", "not JSON"};
  const json::value& document = *parsed;
  const json::value* const status = document.is_object() ? document.as_object().if_contains("trainerStatus") : nullptr;
  if (status == nullptr || !status->is_object()) return StatusError{"trainerStatus", "missing"};
  TrainerStatus result;
  if (const json::value* const progress = status->as_object().if_contains("progressPercentage")) {
    result.complete = NumberOf(*progress) == 100.0;
  }
  if (const json::value* const time = status->as_object().if_contains("lastUpdatedTime");
      time != nullptr && !time->is_null()) {
    const auto instant = time->is_string() ? text::ParseRfc3339(std::string_view(time->as_string())) : std::nullopt;
    if (!instant) return StatusError{"trainerStatus.lastUpdatedTime", "no time of RFC 3339"};
    result.time = core::Timestamp(*instant);
  }
  const json::value* const metrics = status->as_object().if_contains("metrics");
  if (metrics == nullptr || metrics->is_null()) return result;
  if (!metrics->is_array()) return StatusError{"trainerStatus.metrics", "not a list"};
  for (std::size_t i = 0; i < metrics->as_array().size() && i < kMostMetrics; ++i) {
    const std::string field = "trainerStatus.metrics[" + std::to_string(i) + "]";
    const json::value& metric = metrics->as_array()[i];
    const json::object* const object = metric.if_object();
    const json::value* const name = object == nullptr ? nullptr : object->if_contains("name");
    const json::value* const value = object == nullptr ? nullptr : object->if_contains("value");
    if (name == nullptr || !name->is_string() || name->as_string().empty())
      return StatusError{field + ".name", "missing"};
    const auto number = value == nullptr ? std::nullopt : NumberOf(*value);
    if (!number) return StatusError{field + ".value", value == nullptr ? "missing" : "not a number"};
    result.metrics.push_back({std::string(name->as_string()), {}, *number});
  }
  return result;
}

}  // namespace lossd::push
