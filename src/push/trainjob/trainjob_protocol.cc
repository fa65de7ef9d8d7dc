#include "push/trainjob/trainjob_protocol.h"

#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "push/trainjob/trainer_status.h"

namespace lossd::push {
namespace {

constexpr std::string_view kSource = "trainjob";
constexpr auto kNewsAge = std::chrono::minutes(5);

http::Response Answer(unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

http::Response Refuse(unsigned status, std::string_view field, std::string_view reason) {
  return Answer(status, boost::json::serialize(boost::json::object{{"error", reason}, {"field", field}}));
}

}  // namespace

std::vector<http::Route> TrainjobProtocol::Routes(const ProtocolHost& host) {
  return {{"/apis/trainer.kubeflow.org/v1alpha1/namespaces/{namespace}/trainjobs/{name}/status",
           {"POST"},
           http::Access::kIngest,
           [this, &host](const http::Call& call) { return Take(call, host); }}};
}

http::Response TrainjobProtocol::Take(const http::Call& call, const ProtocolHost& host) {
  const auto status = ParseTrainerStatus(call.request.body);
  if (!status) {
    host.sink.CountRejection("invalid_sample");
    return Refuse(400, status.error().field, status.error().reason);
  }
  const std::string &space = call.parameters[0], &name = call.parameters[1];
  const auto key = std::pair(space, name);
  if (!jobs_.contains(key) && jobs_.size() >= kMostJobs) return Refuse(503, "", "too many jobs");
  Job& job = jobs_[key];
  const core::Instant now = host.now();
  job.last_status = now.steady;
  for (core::Sample& sample : job.reader.Read(status->metrics)) {
    sample.time = status->time;
    const bool late = sample.time && *sample.time < now.wall - kNewsAge;
    const auto rejection = host.sink.Take(name, {{"namespace", space}}, sample,
                                          {now, late ? core::Origin::kCatchUp : core::Origin::kLive, kSource});
    if (rejection) return Refuse(400, "trainerStatus.metrics", Name(*rejection));
  }
  return Answer(200, call.request.body);
}

void TrainjobProtocol::Tick(core::Instant now) {
  if (now.steady < next_sweep_) return;
  next_sweep_ = now.steady + std::chrono::minutes(1);
  std::erase_if(jobs_, [&](const auto& entry) { return now.steady - entry.second.last_status > kJobTtl; });
}

}  // namespace lossd::push
