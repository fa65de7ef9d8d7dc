#include "push/mlflow/parameters.h"

#include <algorithm>
#include <boost/json.hpp>

#include "http/message.h"

namespace lossd::push {
namespace {

std::string Unescape(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '+', ' ');
  return http::PercentDecode(plain).value_or(plain);
}

}  // namespace

boost::json::object ParseQuery(std::string_view query) {
  boost::json::object parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::string_view name = pair.substr(0, pair.find('='));
    parameters[Unescape(name)] = Unescape(pair.substr(std::min(name.size() + 1, pair.size())));
  }
  return parameters;
}

std::string TextOf(const boost::json::object& object, std::string_view name) {
  const boost::json::value* const value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return "";
  if (value->is_string()) return std::string(value->as_string());
  return boost::json::serialize(*value);
}

std::string RunIdOf(const boost::json::object& parameters) {
  std::string id = TextOf(parameters, "run_id");
  return id.empty() ? TextOf(parameters, "run_uuid") : id;
}

std::string StatusName(std::string status) {
  constexpr std::string_view kNames[] = {"RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
  if (status.size() == 1 && status[0] >= '1' && status[0] <= '5') return std::string(kNames[status[0] - '1']);
  return status;
}

bool IsEnd(std::string_view status) { return status == "FINISHED" || status == "FAILED" || status == "KILLED"; }

}  // namespace lossd::push
