// The experiments, runs and models that an MLflow client asks about: kept while the process lives, within bounds.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lossd::push {

/// Why a call was refused, as MLflow says it.
struct MlflowError {
  unsigned status = 400;
  std::string code;  ///< "RESOURCE_DOES_NOT_EXIST", ...
  std::string message;
};

template <typename T>
using MlflowResult = boost::system::result<T, MlflowError>;

struct MlflowMetric {
  std::string key;
  double value = 0;
  std::int64_t timestamp = 0;  ///< milliseconds since 1970
  std::int64_t step = 0;       ///< 0 where the client gives none
};

struct MlflowExperiment {
  std::string id, name, stage = "active", artifact_location;
  std::int64_t created = 0;
  std::map<std::string, std::string> tags;
};

struct MlflowRun {
  std::string id, name, experiment, user, status = "RUNNING", stage = "active";
  std::int64_t started = 0, ended = 0;
  std::map<std::string, std::string> params, tags;
  std::map<std::string, MlflowMetric> metrics;  ///< the last of each key
  std::vector<boost::json::value> inputs, outputs;
};

/// A model as the client sees it: its own JSON, with the id and the times that a server adds.
struct MlflowModel {
  boost::json::object info;
  boost::json::array params;
};

struct StoreLimits {
  std::size_t experiments = 1000;
  std::size_t runs = 10000;        ///< of more the oldest one that has ended is forgotten
  std::size_t models = 1000;       ///< the same
  std::size_t keys = 2000;         ///< of metrics, of params and of tags of one run
  std::size_t value_bytes = 8192;  ///< longer values of params and tags are cut
};

/// Pure: no clock, no randomness of its own; `now` is in milliseconds since 1970 and ids come from the caller.
class TrackingStore {
 public:
  explicit TrackingStore(std::string artifact_root, StoreLimits limits = {});

  MlflowResult<MlflowExperiment*> AddExperiment(std::string name, std::int64_t now);
  MlflowExperiment* FindExperiment(std::string_view id);
  MlflowExperiment* FindExperimentByName(std::string_view name);
  const std::map<std::string, MlflowExperiment, std::less<>>& experiments() const { return experiments_; }

  /// `id` must be new.
  MlflowResult<MlflowRun*> AddRun(std::string id, std::string_view experiment);
  MlflowRun* FindRun(std::string_view id);
  /// Newest first.
  std::vector<const MlflowRun*> Runs() const;
  /// Params and tags, within the limits. False where the limit is reached.
  bool Set(std::map<std::string, std::string>& values, std::string key, std::string value) const;
  bool SetMetric(MlflowRun& run, const MlflowMetric& metric) const;

  MlflowModel& AddModel(const std::string& id);
  MlflowModel* FindModel(std::string_view id);
  const std::map<std::string, MlflowModel, std::less<>>& models() const { return models_; }
  void RemoveModel(std::string_view id);

  boost::json::object Show(const MlflowExperiment& experiment) const;
  boost::json::object ShowInfo(const MlflowRun& run) const;
  boost::json::object Show(const MlflowRun& run) const;
  static boost::json::object Show(const MlflowModel& model);

  const std::string& artifact_root() const { return artifact_root_; }
  /// For runs, models and experiments from now on.
  void SetArtifactRoot(std::string root);

 private:
  std::string artifact_root_;
  StoreLimits limits_;
  std::map<std::string, MlflowExperiment, std::less<>> experiments_;
  std::map<std::string, MlflowRun, std::less<>> runs_;
  std::deque<std::string> run_order_, model_order_;  ///< oldest first
  std::map<std::string, MlflowModel, std::less<>> models_;
  std::int64_t next_experiment_ = 1;
};

/// A number of a metric: non-finite ones are the strings that protobuf's JSON has for them.
boost::json::value ShowNumber(double value);

}  // namespace lossd::push
