#include "push/mlflow/tracking_store.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <utility>

namespace lossd::push {
namespace {

namespace json = boost::json;

json::array ShowPairs(const std::map<std::string, std::string>& pairs) {
  json::array list;
  for (const auto& [key, value] : pairs) list.push_back(json::object{{"key", key}, {"value", value}});
  return list;
}

json::array Copy(const std::vector<json::value>& values) { return json::array(values.begin(), values.end()); }

}  // namespace

json::value ShowNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

TrackingStore::TrackingStore(std::string artifact_root, StoreLimits limits)
    : artifact_root_(std::move(artifact_root)), limits_(limits) {
  MlflowExperiment& fallback = experiments_["0"];
  fallback.id = "0";
  fallback.name = "Default";
  fallback.artifact_location = artifact_root_ + "/0";
}

MlflowResult<MlflowExperiment*> TrackingStore::AddExperiment(std::string name, std::int64_t now) {
  if (name.empty()) return MlflowError{400, "INVALID_PARAMETER_VALUE", "Invalid experiment name: ''"};
  if (FindExperimentByName(name) != nullptr) {
    return MlflowError{400, "RESOURCE_ALREADY_EXISTS", "Experiment '" + name + "' already exists."};
  }
  if (experiments_.size() >= limits_.experiments) {
    return MlflowError{429, "RESOURCE_EXHAUSTED", "lossd keeps no more experiments"};
  }
  const std::string id = std::to_string(next_experiment_++);
  MlflowExperiment& experiment = experiments_[id];
  experiment.id = id;
  experiment.name = std::move(name);
  experiment.artifact_location = artifact_root_ + "/" + id;
  experiment.created = now;
  return &experiment;
}

MlflowExperiment* TrackingStore::FindExperiment(std::string_view id) {
  const auto found = experiments_.find(id);
  return found == experiments_.end() ? nullptr : &found->second;
}

MlflowExperiment* TrackingStore::FindExperimentByName(std::string_view name) {
  for (auto& [unused, experiment] : experiments_) {
    if (experiment.name == name) return &experiment;
  }
  return nullptr;
}

MlflowResult<MlflowRun*> TrackingStore::AddRun(std::string id, std::string_view experiment) {
  if (FindExperiment(experiment) == nullptr) {
    return MlflowError{404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=" + std::string(experiment) + " exists"};
  }
  if (runs_.size() >= limits_.runs) {
    const auto ended =
        std::ranges::find_if(run_order_, [&](const std::string& other) { return FindRun(other)->status != "RUNNING"; });
    if (ended == run_order_.end()) return MlflowError{429, "RESOURCE_EXHAUSTED", "lossd keeps no more runs"};
    runs_.erase(*ended);
    run_order_.erase(ended);
  }
  run_order_.push_back(id);
  MlflowRun& run = runs_[id];
  run.id = std::move(id);
  run.experiment = experiment;
  return &run;
}

MlflowRun* TrackingStore::FindRun(std::string_view id) {
  const auto found = runs_.find(id);
  return found == runs_.end() ? nullptr : &found->second;
}

std::vector<const MlflowRun*> TrackingStore::Runs() const {
  std::vector<const MlflowRun*> runs;
  for (auto id = run_order_.rbegin(); id != run_order_.rend(); ++id) runs.push_back(&runs_.at(*id));
  return runs;
}

bool TrackingStore::Set(std::map<std::string, std::string>& values, std::string key, std::string value) const {
  if (!values.contains(key) && values.size() >= limits_.keys) return false;
  if (value.size() > limits_.value_bytes) {
    std::size_t size = limits_.value_bytes;
    while (size > 0 && (static_cast<unsigned char>(value[size]) & 0xC0) == 0x80) --size;  // no half character
    value.resize(size);
  }
  values[std::move(key)] = std::move(value);
  return true;
}

bool TrackingStore::SetMetric(MlflowRun& run, const MlflowMetric& metric) const {
  if (!run.metrics.contains(metric.key) && run.metrics.size() >= limits_.keys) return false;
  MlflowMetric& kept = run.metrics[metric.key];
  // As MLflow's own store: the last is that of the highest step, then the latest.
  if (kept.key.empty() || std::pair(metric.step, metric.timestamp) >= std::pair(kept.step, kept.timestamp))
    kept = metric;
  return true;
}

void TrackingStore::SetArtifactRoot(std::string root) {
  artifact_root_ = std::move(root);
  experiments_["0"].artifact_location = artifact_root_ + "/0";
}

MlflowModel& TrackingStore::AddModel(const std::string& id) {
  if (models_.size() >= limits_.models) {
    models_.erase(model_order_.front());
    model_order_.pop_front();
  }
  model_order_.push_back(id);
  return models_[id];
}

MlflowModel* TrackingStore::FindModel(std::string_view id) {
  const auto found = models_.find(id);
  return found == models_.end() ? nullptr : &found->second;
}

void TrackingStore::RemoveModel(std::string_view id) {
  if (const auto found = models_.find(id); found != models_.end()) models_.erase(found);
  std::erase(model_order_, id);
}

json::object TrackingStore::Show(const MlflowExperiment& experiment) const {
  return {{"experiment_id", experiment.id},
          {"name", experiment.name},
          {"artifact_location", experiment.artifact_location},
          {"lifecycle_stage", experiment.stage},
          {"creation_time", experiment.created},
          {"last_update_time", experiment.created},
          {"tags", ShowPairs(experiment.tags)}};
}

json::object TrackingStore::ShowInfo(const MlflowRun& run) const {
  json::object info{{"run_id", run.id},
                    {"run_uuid", run.id},
                    {"run_name", run.name},
                    {"experiment_id", run.experiment},
                    {"user_id", run.user},
                    {"status", run.status},
                    {"start_time", run.started},
                    {"artifact_uri", artifact_root_ + "/" + run.experiment + "/" + run.id + "/artifacts"},
                    {"lifecycle_stage", run.stage}};
  if (run.ended != 0) info["end_time"] = run.ended;
  return info;
}

json::object TrackingStore::Show(const MlflowRun& run) const {
  json::array metrics;
  for (const auto& [key, metric] : run.metrics) {
    metrics.push_back(json::object{
        {"key", key}, {"value", ShowNumber(metric.value)}, {"timestamp", metric.timestamp}, {"step", metric.step}});
  }
  return {
      {"info", ShowInfo(run)},
      {"data",
       json::object{{"metrics", std::move(metrics)}, {"params", ShowPairs(run.params)}, {"tags", ShowPairs(run.tags)}}},
      {"inputs", json::object{{"dataset_inputs", Copy(run.inputs)}}},
      {"outputs", json::object{{"model_outputs", Copy(run.outputs)}}}};
}

json::object TrackingStore::Show(const MlflowModel& model) {
  return {{"info", model.info}, {"data", json::object{{"params", model.params}}}};
}

}  // namespace lossd::push
