// OTLP over HTTP, metrics alone: `POST /v1/metrics`.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "push/otlp/service_reader.h"
#include "push/protocol.h"

namespace lossd::push {

/// Takes exports of the OpenTelemetry SDKs and of the Collector, in protobuf and in JSON. The resource attribute
/// `job_attribute` ("service.name") names the training job; of several ranks of one job the lowest counts. See
/// ServiceReader for what becomes a sample. The answer is 200, with a partial success where the job table has refused
/// samples, 400 where the body does not parse, 415 for another content type.
class OtlpProtocol : public Protocol {
 public:
  static constexpr std::size_t kMostServices = 10000;
  /// A service that is silent for longer is forgotten.
  static constexpr auto kServiceTtl = std::chrono::hours(1);

  std::vector<std::string_view> sample_sources() const override { return {"otlp"}; }
  std::vector<http::Route> Routes(const ProtocolHost& host) override;
  void ReadConfig(config::YamlSection& document) override;
  void Apply() override { job_attribute_ = next_job_attribute_; }
  void Tick(core::Instant now) override;

 private:
  struct Service {
    ServiceReader reader;
    std::chrono::nanoseconds last_export{0};
  };
  http::Response Take(const http::Request& request, const ProtocolHost& host);
  /// The samples that were refused.
  std::size_t TakeResource(const OtlpResource& resource, const ProtocolHost& host, std::string& reason);

  std::string job_attribute_ = "service.name", next_job_attribute_ = "service.name";
  std::map<std::string, Service, std::less<>> services_;
  std::chrono::nanoseconds next_sweep_{0};
};

}  // namespace lossd::push
