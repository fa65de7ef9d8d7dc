// Kubeflow's TrainJob status:
// `POST /apis/trainer.kubeflow.org/v1alpha1/namespaces/{namespace}/trainjobs/{name}/status`.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "push/protocol.h"
#include "records/gauge_reader.h"

namespace lossd::push {

/// What a pod of a TrainJob posts where KUBEFLOW_TRAINER_STATUS_URL points here. The TrainJob's name is the training
/// job, its namespace the label `namespace`. A status is a snapshot (see records::GaugeReader). The answer is 200 with
/// the body that came, as the status server's own, or 400 `{"error":...,"field":...}`.
class TrainjobProtocol : public Protocol {
 public:
  static constexpr std::size_t kMostJobs = 10000;
  static constexpr auto kJobTtl = std::chrono::hours(1);

  std::vector<std::string_view> sample_sources() const override { return {"trainjob"}; }
  std::vector<http::Route> Routes(const ProtocolHost& host) override;
  void Tick(core::Instant now) override;

 private:
  struct Job {
    records::GaugeReader reader;
    std::chrono::nanoseconds last_status{0};
  };
  http::Response Take(const http::Call& call, const ProtocolHost& host);

  std::map<std::pair<std::string, std::string>, Job> jobs_;  ///< by namespace and name
  std::chrono::nanoseconds next_sweep_{0};
};

}  // namespace lossd::push
