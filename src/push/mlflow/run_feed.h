// The metrics of MLflow's runs -> samples.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "push/mlflow/tracking_store.h"
#include "push/protocol.h"
#include "records/named_values.h"

namespace lossd::push {

/// A run is a training job of the run's name, with the labels `experiment` and `run_id`; where another run that goes on
/// has that name, the head of the run's id is appended. A run that was never announced (to another server, or before a
/// restart of ours) is named by its id. Metrics of one step are read together, with the vocabulary of logs.
class RunFeed {
 public:
  /// More runs at once than this: the one that was silent for longest is forgotten.
  static constexpr std::size_t kMostRuns = 10000;

  void Begin(const std::string& run, const std::string& name, const std::string& experiment);
  /// Whether it was begun under that name.
  bool Knows(const std::string& run, std::string_view name) const;
  /// Metrics of one call. Why the first that was refused was refused, if so.
  std::optional<core::Rejection> Log(const std::string& run, const std::vector<MlflowMetric>& metrics,
                                     const ProtocolHost& host);
  /// The run has ended by itself, was killed or has failed: `status` says which (see IsEnd).
  void End(const std::string& run, std::string_view status, const ProtocolHost& host);
  /// The run was deleted.
  void Remove(const std::string& run, const ProtocolHost& host);

 private:
  struct Run {
    std::string name, job;
    core::Labels labels;
    bool steps = false;  ///< a step other than 0 was seen: clients that give none send 0
    std::uint64_t last_use = 0;
    records::NamedValueReader reader{"mlflow"};
  };

  Run& FindOrMake(const std::string& run);
  records::NamedValueReader::Result Read(Run& run, const std::vector<const MlflowMetric*>& metrics);
  void Forget(const std::string& run);

  std::map<std::string, Run, std::less<>> runs_;
  std::map<std::string, std::string, std::less<>> owners_;  ///< runs by the names of their jobs
  std::uint64_t uses_ = 0;
  std::vector<records::NamedValues::Value> values_;
};

}  // namespace lossd::push
