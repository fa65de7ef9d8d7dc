#include "push/otlp/otlp_protocol.h"

#include <utility>

#include "config/yaml/yaml_section.h"
#include "push/otlp/export_request.h"

namespace lossd::push {
namespace {

constexpr std::string_view kSource = "otlp";
constexpr std::string_view kJson = "application/json", kProtobuf = "application/x-protobuf";
/// SDKs export once a minute. What was taken longer ago than this is history that is sent late, not news.
constexpr auto kNewsAge = std::chrono::minutes(5);

http::Response Answer(bool json, unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = json ? kJson : kProtobuf;
  response.body = std::move(body);
  return response;
}

}  // namespace

std::vector<http::Route> OtlpProtocol::Routes(const ProtocolHost& host) {
  return {{"/v1/metrics", {"POST"}, http::Access::kIngest, [this, &host](const http::Call& call) {
             return Take(call.request, host);
           }}};
}

http::Response OtlpProtocol::Take(const http::Request& request, const ProtocolHost& host) {
  std::string_view type = request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const bool json = type == kJson;
  if (!json && type != kProtobuf) {
    http::Response response;
    response.status = 415;
    response.body = "OTLP is application/x-protobuf or application/json\n";
    return response;
  }
  const OtlpExport data = json ? ParseOtlpJson(request.body) : ParseOtlpProtobuf(request.body);
  if (!data.error.empty()) {
    host.sink.CountRejection("invalid_sample");
    return Answer(json, 400, OtlpError(json, data.error));
  }
  std::size_t rejected = 0;
  std::string reason;
  for (const OtlpResource& resource : data.resources) rejected += TakeResource(resource, host, reason);
  return Answer(json, 200, OtlpAnswer(json, rejected, reason));
}

std::size_t OtlpProtocol::TakeResource(const OtlpResource& resource, const ProtocolHost& host, std::string& reason) {
  const std::string* const named = FindAttribute(resource.attributes, job_attribute_);
  const std::string job = named == nullptr || named->empty() ? "unknown_service" : *named;
  if (!services_.contains(job) && services_.size() >= kMostServices) {
    reason = "too many services";
    return resource.points.size();
  }
  Service& service = services_[job];
  const core::Instant now = host.now();
  service.last_export = now.steady;
  std::size_t rejected = 0;
  for (const core::Sample& sample : service.reader.Read(resource)) {
    const bool late = sample.time && *sample.time < now.wall - kNewsAge;
    const auto rejection =
        host.sink.Take(job, {}, sample, {now, late ? core::Origin::kCatchUp : core::Origin::kLive, kSource});
    if (!rejection) continue;
    ++rejected;
    reason = Name(*rejection);
  }
  return rejected;
}

void OtlpProtocol::ReadConfig(config::YamlSection& document) {
  next_job_attribute_ = "service.name";
  document.Section("otlp",
                   [this](config::YamlSection& section) { section.Text("job_attribute", next_job_attribute_); });
}

void OtlpProtocol::Tick(core::Instant now) {
  if (now.steady < next_sweep_) return;
  next_sweep_ = now.steady + std::chrono::minutes(1);
  std::erase_if(services_, [&](const auto& entry) { return now.steady - entry.second.last_export > kServiceTtl; });
}

}  // namespace lossd::push
