#include "push/mlflow/tracking_calls.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <utility>

#include "push/mlflow/parameters.h"
#include "push/mlflow/run_filter.h"
#include "text/json_number.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostInputs = 100;

MlflowError Missing(std::string_view name) {
  return {400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter '" + std::string(name) + "'."};
}

MlflowError NoSuch(std::string what) { return {404, "RESOURCE_DOES_NOT_EXIST", std::move(what)}; }

MlflowError Exhausted(std::string_view what) {
  return {400, "INVALID_PARAMETER_VALUE", "lossd keeps no more " + std::string(what) + " of one run"};
}

std::int64_t IntegerOf(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->as_int64();
  std::int64_t number = 0;
  if (value->is_string()) {
    const json::string& text = value->as_string();
    std::from_chars(text.data(), text.data() + text.size(), number);
  } else if (value->is_double() && std::abs(value->as_double()) < 9e18) {
    number = static_cast<std::int64_t>(value->as_double());
  }
  return number;
}

std::optional<double> NumberOf(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->to_number<double>();
  double number = 0;
  if (!value->is_string() || text::ToDouble(std::string_view(value->as_string()), number) != std::errc())
    return std::nullopt;
  return number;
}

const json::array& ListOf(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->as_array() : kNone;
}

std::optional<MlflowMetric> MetricOf(const json::object& object) {
  MlflowMetric metric;
  const auto value = NumberOf(object, "value");
  metric.key = TextOf(object, "key");
  if (metric.key.empty() || !value) return std::nullopt;
  metric.value = *value;
  metric.timestamp = IntegerOf(object, "timestamp");
  metric.step = IntegerOf(object, "step");
  return metric;
}

bool SetAll(const TrackingStore& store, std::map<std::string, std::string>& values, const json::array& list) {
  return std::ranges::all_of(list, [&](const json::value& pair) {
    return !pair.is_object() || store.Set(values, TextOf(pair.as_object(), "key"), TextOf(pair.as_object(), "value"));
  });
}

}  // namespace

MlflowResult<std::vector<MlflowMetric>> MetricsOf(std::string_view path, const json::object& parameters) {
  std::vector<MlflowMetric> metrics;
  if (path == "runs/log-metric") {
    const auto metric = MetricOf(parameters);
    if (!metric) return Missing(parameters.contains("key") ? "value" : "key");
    metrics.push_back(*metric);
  } else if (path == "runs/log-batch") {
    for (const json::value& entry : ListOf(parameters, "metrics")) {
      const auto metric = entry.is_object() ? MetricOf(entry.as_object()) : std::nullopt;
      if (!metric)
        return MlflowError{400, "INVALID_PARAMETER_VALUE", "a metric without a key or a number as its value"};
      metrics.push_back(*metric);
    }
  }
  return metrics;
}

TrackingCalls::TrackingCalls(TrackingStore& store, RunListener listener, Environment environment)
    : store_(store), listener_(std::move(listener)), environment_(std::move(environment)) {}

TrackingCalls::Answer TrackingCalls::Call(std::string_view method, std::string_view path,
                                          const Parameters& parameters) {
  if (path.starts_with("experiments/")) return CallExperiments(path.substr(12), parameters);
  if (path.starts_with("runs/")) return CallRuns(path, parameters);
  if (path == "logged-models" || path.starts_with("logged-models/"))
    return CallModels(method, path.substr(13), parameters);
  if (path == "metrics/get-history") {
    const MlflowRun* const run = store_.FindRun(RunIdOf(parameters));
    if (run == nullptr) return NoSuch("Run with id=" + RunIdOf(parameters) + " not found");
    json::array metrics;  // lossd keeps the last value alone
    if (const auto found = run->metrics.find(TextOf(parameters, "metric_key")); found != run->metrics.end()) {
      const MlflowMetric& metric = found->second;
      metrics.push_back(json::object{{"key", metric.key},
                                     {"value", ShowNumber(metric.value)},
                                     {"timestamp", metric.timestamp},
                                     {"step", metric.step}});
    }
    return json::object{{"metrics", std::move(metrics)}};
  }
  if (path == "artifacts/list") {
    const MlflowRun* const run = store_.FindRun(RunIdOf(parameters));
    if (run == nullptr) return NoSuch("Run with id=" + RunIdOf(parameters) + " not found");
    return json::object{{"root_uri", store_.ShowInfo(*run).at("artifact_uri")}, {"files", json::array()}};
  }
  return MlflowError{404, "ENDPOINT_NOT_FOUND", "lossd does not take this call of MLflow's: " + std::string(path)};
}

TrackingCalls::Answer TrackingCalls::ExperimentAnswer(const MlflowExperiment* experiment,
                                                      const std::string& what) const {
  if (experiment == nullptr) return NoSuch("Could not find experiment with " + what);
  return json::object{{"experiment", store_.Show(*experiment)}};
}

TrackingCalls::Answer TrackingCalls::CallExperiments(std::string_view path, const Parameters& parameters) {
  const std::string id = TextOf(parameters, "experiment_id"), name = TextOf(parameters, "name");
  if (path == "get-by-name") {
    const std::string wanted = TextOf(parameters, "experiment_name");
    return ExperimentAnswer(store_.FindExperimentByName(wanted), "name '" + wanted + "'");
  }
  if (path == "create") {
    const auto made = store_.AddExperiment(name, environment_.now());
    if (!made) return made.error();
    SetAll(store_, (*made)->tags, ListOf(parameters, "tags"));
    if (const std::string place = TextOf(parameters, "artifact_location"); !place.empty())
      (*made)->artifact_location = place;
    return json::object{{"experiment_id", (*made)->id}};
  }
  if (path == "search") {
    json::array found;
    for (const auto& [unused, experiment] : store_.experiments()) {
      if (experiment.stage == "active" || TextOf(parameters, "view_type") != "ACTIVE_ONLY")
        found.push_back(store_.Show(experiment));
    }
    return json::object{{"experiments", std::move(found)}};
  }
  if (path == "search-datasets") return json::object{{"dataset_summaries", json::array()}};
  MlflowExperiment* const experiment = store_.FindExperiment(id);
  if (experiment == nullptr || path == "get") return ExperimentAnswer(experiment, "id " + id);
  if (path == "delete" || path == "restore") {
    experiment->stage = path == "delete" ? "deleted" : "active";
  } else if (path == "update") {
    if (const std::string fresh = TextOf(parameters, "new_name"); !fresh.empty()) experiment->name = fresh;
  } else if (path == "set-experiment-tag") {
    store_.Set(experiment->tags, TextOf(parameters, "key"), TextOf(parameters, "value"));
  } else if (path == "delete-experiment-tag") {
    experiment->tags.erase(TextOf(parameters, "key"));
  } else {
    return MlflowError{404, "ENDPOINT_NOT_FOUND",
                       "lossd does not take this call of MLflow's: experiments/" + std::string(path)};
  }
  return json::object();
}

TrackingCalls::Answer TrackingCalls::CallRuns(std::string_view path, const Parameters& parameters) {
  if (path == "runs/create") return CreateRun(parameters);
  if (path == "runs/search") return SearchRuns(parameters);
  const std::string id = RunIdOf(parameters), key = TextOf(parameters, "key"), value = TextOf(parameters, "value");
  MlflowRun* const run = store_.FindRun(id);
  if (id.empty()) return Missing("run_id");
  if (run == nullptr) return NoSuch("Run with id=" + id + " not found");
  if (path == "runs/get") return json::object{{"run", store_.Show(*run)}};
  if (path == "runs/update") return UpdateRun(*run, parameters);
  if (path == "runs/log-metric" || path == "runs/log-batch") return LogBatch(*run, parameters);
  if (path == "runs/log-parameter") {
    if (key.empty()) return Missing("key");
    if (!store_.Set(run->params, key, value)) return Exhausted("params");
  } else if (path == "runs/set-tag") {
    if (key.empty()) return Missing("key");
    if (!store_.Set(run->tags, key, value)) return Exhausted("tags");
    if (key == "mlflow.runName" && run->name != value) {
      run->name = value;
      Begun(*run);
    }
  } else if (path == "runs/delete-tag") {
    run->tags.erase(key);
  } else if (path == "runs/delete") {
    run->stage = "deleted";
    listener_.removed(*run);
  } else if (path == "runs/restore") {
    run->stage = "active";
  } else if (path == "runs/log-inputs" || path == "runs/outputs") {
    auto& list = path == "runs/outputs" ? run->outputs : run->inputs;
    for (const json::value& entry : ListOf(parameters, path == "runs/outputs" ? "models" : "datasets")) {
      if (list.size() < kMostInputs) list.push_back(entry);
    }
  } else if (path != "runs/log-model") {
    return MlflowError{404, "ENDPOINT_NOT_FOUND", "lossd does not take this call of MLflow's: " + std::string(path)};
  }
  return json::object();
}

void TrackingCalls::Begun(const MlflowRun& run) {
  const MlflowExperiment* const experiment = store_.FindExperiment(run.experiment);
  listener_.begun(run, experiment == nullptr ? "" : experiment->name);
}

TrackingCalls::Answer TrackingCalls::CreateRun(const Parameters& parameters) {
  const std::string experiment = TextOf(parameters, "experiment_id");
  const auto made = store_.AddRun(environment_.make_id(), experiment.empty() ? "0" : experiment);
  if (!made) return made.error();
  MlflowRun& run = **made;
  run.user = TextOf(parameters, "user_id");
  run.started = IntegerOf(parameters, "start_time");
  if (run.started == 0) run.started = environment_.now();
  SetAll(store_, run.tags, ListOf(parameters, "tags"));
  run.name = TextOf(parameters, "run_name");
  if (run.name.empty())
    run.name = run.tags.contains("mlflow.runName") ? run.tags["mlflow.runName"] : "run-" + run.id.substr(0, 8);
  run.tags["mlflow.runName"] = run.name;
  Begun(run);
  return json::object{{"run", store_.Show(run)}};
}

TrackingCalls::Answer TrackingCalls::UpdateRun(MlflowRun& run, const Parameters& parameters) {
  if (const std::string name = TextOf(parameters, "run_name"); !name.empty() && name != run.name) {
    run.name = run.tags["mlflow.runName"] = name;
    Begun(run);
  }
  if (const std::int64_t ended = IntegerOf(parameters, "end_time"); ended != 0) run.ended = ended;
  if (const std::string status = TextOf(parameters, "status"); !status.empty()) {
    run.status = StatusName(status);
    if (IsEnd(run.status)) listener_.ended(run);
  }
  return json::object{{"run_info", store_.ShowInfo(run)}};
}

TrackingCalls::Answer TrackingCalls::LogBatch(MlflowRun& run, const Parameters& parameters) {
  const bool batch = !parameters.contains("key");
  const auto metrics = MetricsOf(batch ? "runs/log-batch" : "runs/log-metric", parameters);
  if (!metrics) return metrics.error();
  for (const MlflowMetric& metric : *metrics) {
    if (!store_.SetMetric(run, metric)) return Exhausted("metrics");
  }
  if (batch && !SetAll(store_, run.params, ListOf(parameters, "params"))) return Exhausted("params");
  if (batch && !SetAll(store_, run.tags, ListOf(parameters, "tags"))) return Exhausted("tags");
  if (!metrics->empty()) listener_.logged(run, *metrics);
  return json::object();
}

TrackingCalls::Answer TrackingCalls::SearchRuns(const Parameters& parameters) {
  const auto filter = ParseRunFilter(TextOf(parameters, "filter"));
  if (!filter) return filter.error();
  std::string view = TextOf(parameters, "run_view_type");
  const std::int64_t most = std::clamp<std::int64_t>(IntegerOf(parameters, "max_results"), 0, 1000);
  json::array found;
  for (const MlflowRun* run : store_.Runs()) {
    const auto in = [&](const json::value& id) {
      return id.is_string() && std::string_view(id.as_string()) == run->experiment;
    };
    if (!std::ranges::any_of(ListOf(parameters, "experiment_ids"), in)) continue;
    if (view == "DELETED_ONLY" ? run->stage == "active" : view != "ALL" && run->stage != "active") continue;
    if (!Matches(*run, *filter)) continue;
    if (most != 0 && found.size() >= static_cast<std::size_t>(most)) break;
    found.push_back(store_.Show(*run));
  }
  return json::object{{"runs", std::move(found)}};
}

TrackingCalls::Answer TrackingCalls::CallModels(std::string_view method, std::string_view path,
                                                const Parameters& parameters) {
  if (path.empty() && method == "POST") {
    const std::string id = "m-" + environment_.make_id(), experiment = TextOf(parameters, "experiment_id");
    MlflowModel& model = store_.AddModel(id);
    const std::int64_t now = environment_.now();
    const std::string name = TextOf(parameters, "name");
    model.info =
        json::object{{"model_id", id},
                     {"experiment_id", experiment},
                     {"name", name.empty() ? id : name},
                     {"creation_timestamp_ms", now},
                     {"last_updated_timestamp_ms", now},
                     {"artifact_uri", store_.artifact_root() + "/" + experiment + "/models/" + id + "/artifacts"},
                     {"status", "LOGGED_MODEL_PENDING"},
                     {"model_type", TextOf(parameters, "model_type")},
                     {"source_run_id", TextOf(parameters, "source_run_id")},
                     {"tags", ListOf(parameters, "tags")}};
    model.params = ListOf(parameters, "params");
    return json::object{{"model", TrackingStore::Show(model)}};
  }
  if (path == "/search") {
    json::array found;
    for (const auto& [unused, model] : store_.models()) {
      if (std::ranges::count(ListOf(parameters, "experiment_ids"), model.info.at("experiment_id")) > 0)
        found.push_back(TrackingStore::Show(model));
    }
    return json::object{{"models", std::move(found)}};
  }
  path.remove_prefix(std::min<std::size_t>(path.size(), 1));
  const std::string id(path.substr(0, path.find('/')));
  const std::string_view rest = path.substr(id.size());
  MlflowModel* const model = store_.FindModel(id);
  if (model == nullptr) return NoSuch("Logged model with ID '" + id + "' not found.");
  if (rest.empty() && method == "DELETE") {
    store_.RemoveModel(id);
    return json::object();
  }
  if (rest.empty() && method == "PATCH") {
    if (const std::string status = TextOf(parameters, "status"); !status.empty()) model->info["status"] = status;
    model->info["last_updated_timestamp_ms"] = environment_.now();
  } else if (rest == "/params" || rest == "/tags") {
    json::array& list = rest == "/params" ? model->params : model->info["tags"].as_array();
    for (const json::value& entry : ListOf(parameters, rest.substr(1))) {
      if (list.size() < kMostInputs * 20) list.push_back(entry);
    }
  } else if (rest == "/artifacts/directories") {
    return json::object{{"files", json::array()}};
  } else if (!rest.empty() && !rest.starts_with("/tags/")) {
    return MlflowError{404, "ENDPOINT_NOT_FOUND",
                       "lossd does not take this call of MLflow's: logged-models/" + std::string(path)};
  }
  return json::object{{"model", TrackingStore::Show(*model)}};
}

}  // namespace lossd::push
