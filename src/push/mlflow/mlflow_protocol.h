// MLflow's tracking REST API: `/api/2.0/mlflow/...`.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "push/protocol.h"

namespace lossd::push {

/// Answers an unmodified script whose MLFLOW_TRACKING_URI is this address, so that it runs to its end, and reads the
/// metrics that it logs (see TrackingCalls and RunFeed). What is logged beside them is kept in memory alone. Artefacts
/// do not come here: the client writes them to `artifact_location`, a path that is the client's own.
///
/// With an `upstream`, all of that is a real server's, artefacts too: calls pass through to it and back unchanged (see
/// http::Forward), and the metrics are read as they go by (see PassedCalls).
class MlflowProtocol : public Protocol {
 public:
  MlflowProtocol();
  ~MlflowProtocol() override;

  std::vector<std::string_view> sample_sources() const override { return {"mlflow"}; }
  std::vector<http::Route> Routes(const ProtocolHost& host) override;
  void ReadConfig(config::YamlSection& document) override;
  void Apply() override;
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::push
