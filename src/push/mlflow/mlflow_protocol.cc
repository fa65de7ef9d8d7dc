#include "push/mlflow/mlflow_protocol.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <random>
#include <string>
#include <utility>

#include "config/yaml/yaml_section.h"
#include "push/exact_json.h"
#include "push/mlflow/run_feed.h"
#include "push/mlflow/tracking_calls.h"
#include "push/mlflow/tracking_store.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "/api/2.0/mlflow/";

http::Response Answer(unsigned status, const json::object& object) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json::serialize(object);
  return response;
}

http::Response Refuse(const MlflowError& error) {
  return Answer(error.status, {{"error_code", error.code}, {"message", error.message}});
}

std::string Unescape(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '+', ' ');
  return http::PercentDecode(plain).value_or(plain);
}

/// The pairs of a query as the members of an object.
json::object ParseQuery(std::string_view query) {
  json::object parameters;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::string_view name = pair.substr(0, pair.find('='));
    parameters[Unescape(name)] = Unescape(pair.substr(std::min(name.size() + 1, pair.size())));
  }
  return parameters;
}

}  // namespace

struct MlflowProtocol::State {
  http::Response Handle(const http::Request& request, const ProtocolHost& host);
  void Prepare(const ProtocolHost& host);
  std::string MakeId();

  std::string next_artifact_location = "mlruns";
  std::mt19937_64 random{std::random_device{}()};
  RunFeed feed;
  TrackingStore store{next_artifact_location};
  std::optional<TrackingCalls> calls;
  std::optional<core::Rejection> refusal;  ///< of the call at hand
};

/// 128 random bits, as MLflow's own server names its runs.
std::string MlflowProtocol::State::MakeId() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string id;
  for (int word = 0; word < 2; ++word) {
    std::uint64_t bits = random();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) id += kDigits[bits & 15];
  }
  return id;
}

void MlflowProtocol::State::Prepare(const ProtocolHost& host) {
  RunListener listener;
  listener.begun = [this](const MlflowRun& run, const std::string& experiment) {
    feed.Begin(run.id, run.name, experiment);
  };
  listener.logged = [this, &host](const MlflowRun& run, const std::vector<MlflowMetric>& metrics) {
    refusal = feed.Log(run.id, metrics, host);
  };
  listener.ended = [this, &host](const MlflowRun& run) { feed.End(run.id, host); };
  listener.removed = [this, &host](const MlflowRun& run) { feed.Remove(run.id, host); };
  const auto now = [&host] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(host.now().wall.time_since_epoch()).count();
  };
  calls.emplace(store, std::move(listener), TrackingCalls::Environment{now, [this] { return MakeId(); }});
}

http::Response MlflowProtocol::State::Handle(const http::Request& request, const ProtocolHost& host) {
  const auto path = http::PercentDecode(std::string_view(request.path).substr(kPrefix.size()));
  if (!path) return Refuse({400, "BAD_REQUEST", "the path is not percent-encoded correctly"});
  json::object parameters = ParseQuery(request.query);
  if (request.method != "GET" && !request.body.empty()) {
    const auto body = ParseExactJson(request.body);
    if (!body || !body->is_object()) {
      host.sink.CountRejection("invalid_sample");
      return Refuse({400, "BAD_REQUEST", "the body is no JSON object"});
    }
    parameters = body->as_object();
  }
  refusal.reset();
  const auto answer = calls->Call(request.method, *path, parameters);
  if (!answer) return Refuse(answer.error());
  if (refusal) {
    return Refuse({400, "INVALID_PARAMETER_VALUE", "a metric was refused: " + std::string(Name(*refusal))});
  }
  return Answer(200, *answer);
}

MlflowProtocol::MlflowProtocol() : state_(std::make_unique<State>()) {}
MlflowProtocol::~MlflowProtocol() = default;

std::vector<http::Route> MlflowProtocol::Routes(const ProtocolHost& host) {
  state_->Prepare(host);
  return {{std::string(kPrefix) + "{call...}",
           {"GET", "POST", "PATCH", "DELETE"},
           http::Access::kIngest,
           [this, &host](const http::Call& call) { return state_->Handle(call.request, host); }}};
}

void MlflowProtocol::ReadConfig(config::YamlSection& document) {
  state_->next_artifact_location = "mlruns";
  document.Section("mlflow", [this](config::YamlSection& section) {
    section.Text("artifact_location", state_->next_artifact_location);
  });
}

void MlflowProtocol::Apply() { state_->store.SetArtifactRoot(state_->next_artifact_location); }

}  // namespace lossd::push
