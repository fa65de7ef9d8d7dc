#include "push/mlflow/passed_calls.h"

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <iterator>
#include <utility>

#include "push/exact_json.h"
#include "push/mlflow/parameters.h"
#include "push/mlflow/tracking_calls.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

constexpr std::string_view kTelling[] = {"experiments/create", "experiments/get", "experiments/get-by-name",
                                         "runs/create",        "runs/delete",     "runs/get",
                                         "runs/log-batch",     "runs/log-metric", "runs/update"};

json::object ObjectOf(std::string_view body) {
  const auto parsed = ParseExactJson(body);
  return parsed && parsed->is_object() ? parsed->as_object() : json::object();
}

/// The member that is an object; an empty one where there is none.
const json::object& MemberOf(const json::object& object, std::string_view name) {
  static const json::object kNone;
  const json::value* const member = object.if_contains(name);
  return member != nullptr && member->is_object() ? member->as_object() : kNone;
}

}  // namespace

bool PassedCalls::Tells(std::string_view path) { return std::ranges::find(kTelling, path) != std::end(kTelling); }

void PassedCalls::LearnExperiment(std::string id, std::string name) {
  if (id.empty() || name.empty()) return;
  if (experiments_.size() >= kMostExperiments) experiments_.clear();
  experiments_[std::move(id)] = std::move(name);
}

void PassedCalls::Take(const PassedCall& call, RunFeed& feed, const ProtocolHost& host) {
  if (call.status / 100 != 2 || !Tells(call.path)) return;
  const json::object asked = call.request_body.empty() ? ParseQuery(call.query) : ObjectOf(call.request_body);
  const json::object answered = ObjectOf(call.response_body);
  if (call.path == "experiments/create")
    return LearnExperiment(TextOf(answered, "experiment_id"), TextOf(asked, "name"));
  if (call.path.starts_with("experiments/")) {
    const json::object& experiment = MemberOf(answered, "experiment");
    return LearnExperiment(TextOf(experiment, "experiment_id"), TextOf(experiment, "name"));
  }
  const std::string run = RunIdOf(asked);
  const auto begin = [&](const json::object& info) {
    const std::string id = RunIdOf(info), name = TextOf(info, "run_name"), experiment = TextOf(info, "experiment_id");
    if (id.empty() || feed.Knows(id, name.empty() ? id : name)) return;
    const auto known = experiments_.find(experiment);
    feed.Begin(id, name.empty() ? id : name, known == experiments_.end() ? experiment : known->second);
  };
  if (call.path == "runs/create" || call.path == "runs/get") {
    begin(MemberOf(MemberOf(answered, "run"), "info"));
  } else if (call.path == "runs/update") {
    begin(MemberOf(answered, "run_info"));
    const std::string status = StatusName(TextOf(asked, "status"));
    if (IsEnd(status)) feed.End(run, status, host);
  } else if (call.path == "runs/delete") {
    feed.Remove(run, host);
  } else if (const auto metrics = MetricsOf(call.path, asked); metrics && !metrics->empty()) {
    feed.Log(run, *metrics, host);
  }
}

}  // namespace lossd::push
