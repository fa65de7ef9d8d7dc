#include "push/mlflow/mlflow_protocol.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "config/yaml/http_client_section.h"
#include "config/yaml/yaml_section.h"
#include "http/client/forward.h"
#include "metrics/families.h"
#include "push/exact_json.h"
#include "push/mlflow/parameters.h"
#include "push/mlflow/passed_calls.h"
#include "push/mlflow/run_feed.h"
#include "push/mlflow/tracking_calls.h"
#include "push/mlflow/tracking_store.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "/api/2.0/mlflow/";
/// What clients ask of a tracking server beside that: artefacts, later versions of the API, traces, the server itself.
constexpr std::string_view kUpstreamAlone[] = {"/api/2.0/{call...}", "/api/3.0/{call...}", "/v1/traces", "/version",
                                               "/health"};
constexpr char kAnswered[] = "answered", kUnanswered[] = "unanswered";
constexpr std::size_t kMostWatched = std::size_t{16} << 20;

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

}  // namespace

struct MlflowProtocol::State {
  http::Response Handle(const http::Request& request, const ProtocolHost& host);
  void PassOn(const http::Call& call, const ProtocolHost& host);
  void Prepare(const ProtocolHost& host);
  std::string MakeId();

  std::string next_artifact_location = "mlruns";
  std::optional<http::ForwardOptions> upstream, next_upstream;
  bool upstream_answers = true;
  std::map<std::string, std::uint64_t> upstream_requests;  ///< by what became of them
  PassedCalls passed;
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
  listener.ended = [this, &host](const MlflowRun& run) { feed.End(run.id, run.status, host); };
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

void MlflowProtocol::State::PassOn(const http::Call& call, const ProtocolHost& host) {
  http::PassedObserver observer;
  const auto path = http::PercentDecode(call.request.path);
  if (path && path->starts_with(kPrefix) && PassedCalls::Tells(std::string_view(*path).substr(kPrefix.size()))) {
    observer.max_bytes = kMostWatched;
    observer.passed = [this, &host, name = path->substr(kPrefix.size()),
                       query = call.request.query](const http::Passed& both) {
      passed.Take({name, query, both.request_body, both.response_body, both.status}, feed, host);
    };
  }
  // A reload may take the server away while the request is on its way.
  const auto answer = [this, &host, server = upstream->server.Authority(),
                       later = call.later](http::Response response) {
    const bool answered = response.status != http::kNoAnswer;
    ++upstream_requests[answered ? kAnswered : kUnanswered];
    // Once, until it answers again; a client that went away gives no reason.
    const bool fails = !answered && !response.body.empty();
    if (fails && std::exchange(upstream_answers, false) && host.warn) {
      host.warn("the MLflow server does not answer", server, response.body);
    }
    upstream_answers = upstream_answers || answered;
    later(std::move(response));
  };
  http::Forward(*host.io, call.request, *upstream, std::move(observer), answer);
}

MlflowProtocol::MlflowProtocol() : state_(std::make_unique<State>()) {}
MlflowProtocol::~MlflowProtocol() = default;

std::vector<http::Route> MlflowProtocol::Routes(const ProtocolHost& host) {
  state_->Prepare(host);
  const auto has_upstream = [this](const http::Request&) { return state_->upstream.has_value(); };
  const auto pass_on = [this, &host](const http::Call& call) { state_->PassOn(call, host); };
  const std::vector<std::string_view> methods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
  std::vector<http::Route> routes = {{std::string(kPrefix) + "{call...}", methods, http::Access::kIngest,
                                      [this, &host, pass_on](const http::Call& call) -> std::optional<http::Response> {
                                        if (!call.request.incoming) return state_->Handle(call.request, host);
                                        pass_on(call);
                                        return std::nullopt;
                                      },
                                      has_upstream}};
  for (const std::string_view path : kUpstreamAlone) {
    routes.push_back({std::string(path), methods, http::Access::kIngest,
                      [pass_on](const http::Call& call) -> std::optional<http::Response> {
                        if (!call.request.incoming)
                          return http::Response{.status = 404, .body = "no such page: " + call.request.path + '\n'};
                        pass_on(call);
                        return std::nullopt;
                      },
                      has_upstream});
  }
  return routes;
}

void MlflowProtocol::ReadConfig(config::YamlSection& document) {
  state_->next_artifact_location = "mlruns";
  state_->next_upstream.reset();
  document.Section("mlflow", [this](config::YamlSection& section) {
    section.Text("artifact_location", state_->next_artifact_location);
    section.Section("upstream", [this](config::YamlSection& server) {
      std::string url;
      server.Text("url", url, [](const std::string& text) {
        const bool wrong = !text.empty() && !http::ParseUrl(text);
        return wrong ? "not an address of the form http://host:port/path, without a user" : "";
      });
      http::ForwardOptions options;
      config::ReadHttpClient(server, options.client);
      if (const auto parsed = http::ParseUrl(url)) {
        options.server = *parsed;
        state_->next_upstream = options;
      }
    });
  });
}

void MlflowProtocol::Apply() {
  state_->store.SetArtifactRoot(state_->next_artifact_location);
  state_->upstream = state_->next_upstream;
  if (state_->upstream) {
    for (const char* const result : {kAnswered, kUnanswered}) state_->upstream_requests.try_emplace(result, 0);
  }
}

std::vector<prometheus::MetricFamily> MlflowProtocol::Collect() const {
  metrics::Families families;
  families.AddEach("lossd_mlflow_upstream_requests_total", "result", state_->upstream_requests);
  return families.Take();
}

}  // namespace lossd::push
