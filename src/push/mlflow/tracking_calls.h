// The calls of MLflow's tracking API, answered from a TrackingStore.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "push/mlflow/tracking_store.h"

namespace lossd::push {

/// What a call has brought about, for whoever follows the runs.
struct RunListener {
  std::function<void(const MlflowRun&, const std::string& experiment)> begun;  ///< or renamed
  std::function<void(const MlflowRun&, const std::vector<MlflowMetric>&)> logged;
  std::function<void(const MlflowRun&)> ended, removed;
};

/// Enough of the API that a training script runs to its end. Filters of a search are taken where they compare tags,
/// params or attributes with `=` or `!=`; others, and orders other than the newest first, are refused by name.
class TrackingCalls {
 public:
  /// Fills in what a server makes up.
  struct Environment {
    std::function<std::int64_t()> now;     ///< milliseconds since 1970
    std::function<std::string()> make_id;  ///< 32 hexadecimal digits
  };

  /// `store` must outlive the calls.
  TrackingCalls(TrackingStore& store, RunListener listener, Environment environment);

  /// `path` is that behind /api/2.0/mlflow/, decoded; `parameters` the body's object, or the query's pairs as strings.
  MlflowResult<boost::json::object> Call(std::string_view method, std::string_view path,
                                         const boost::json::object& parameters);

 private:
  using Answer = MlflowResult<boost::json::object>;
  using Parameters = boost::json::object;

  Answer CallExperiments(std::string_view path, const Parameters& parameters);
  Answer CallRuns(std::string_view path, const Parameters& parameters);
  Answer CallModels(std::string_view method, std::string_view path, const Parameters& parameters);
  Answer CreateRun(const Parameters& parameters);
  Answer UpdateRun(MlflowRun& run, const Parameters& parameters);
  Answer LogBatch(MlflowRun& run, const Parameters& parameters);
  Answer SearchRuns(const Parameters& parameters);
  Answer ExperimentAnswer(const MlflowExperiment* experiment, const std::string& what) const;
  void Begun(const MlflowRun& run);

  TrackingStore& store_;
  RunListener listener_;
  Environment environment_;
};

/// Reads the metrics of a log-metric or log-batch call: also used where a real server answers it.
MlflowResult<std::vector<MlflowMetric>> MetricsOf(std::string_view path, const boost::json::object& parameters);

}  // namespace lossd::push
