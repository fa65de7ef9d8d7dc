#include "push/otlp/export_request.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "push/otlp/otlp_metrics.pb.h"

namespace lossd::push {
namespace {

constexpr std::uint32_t kNoRecordedValue = 1;
constexpr std::int32_t kDeltaTemporality = 1;
constexpr std::int32_t kInvalidArgument = 3;  // of google.rpc.Code

template <typename Number>
std::string Digits(Number value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

std::string TextOf(const otlp::AnyValue& value) {
  if (value.has_string_value()) return value.string_value();
  if (value.has_int_value()) return Digits(value.int_value());
  if (value.has_double_value()) return Digits(value.double_value());
  if (value.has_bool_value()) return value.bool_value() ? "true" : "false";
  return "";
}

template <typename List>
OtlpAttributes AttributesOf(const List& list) {
  OtlpAttributes attributes;
  for (const otlp::KeyValue& pair : list) attributes.emplace_back(pair.key(), TextOf(pair.value()));
  std::ranges::sort(attributes);
  return attributes;
}

void Append(const std::string& name, const otlp::Numbers& numbers, bool may_be_delta, OtlpResource& resource) {
  const bool delta = may_be_delta && numbers.aggregation_temporality() == kDeltaTemporality;
  for (const otlp::NumberPoint& point : numbers.data_points()) {
    if ((point.flags() & kNoRecordedValue) != 0) continue;
    if (!point.has_as_double() && !point.has_as_int()) continue;
    OtlpPoint& out = resource.points.emplace_back();
    out.name = name;
    out.kind = delta ? OtlpPoint::Kind::kDelta : OtlpPoint::Kind::kLast;
    out.value = point.has_as_double() ? point.as_double() : static_cast<double>(point.as_int());
    out.time = point.time_unix_nano();
    out.attributes = AttributesOf(point.attributes());
  }
}

void Append(const std::string& name, const otlp::Histograms& histograms, OtlpResource& resource) {
  const bool delta = histograms.aggregation_temporality() == kDeltaTemporality;
  for (const otlp::HistogramPoint& point : histograms.data_points()) {
    if ((point.flags() & kNoRecordedValue) != 0 || !point.has_sum() || point.count() == 0) continue;
    OtlpPoint& out = resource.points.emplace_back();
    out.name = name;
    out.kind = delta ? OtlpPoint::Kind::kDeltaTotals : OtlpPoint::Kind::kTotals;
    out.value = point.sum();
    out.count = point.count();
    out.time = point.time_unix_nano();
    out.attributes = AttributesOf(point.attributes());
  }
}

}  // namespace

const std::string* FindAttribute(const OtlpAttributes& attributes, std::string_view name) {
  const auto found =
      std::ranges::find(attributes, name, [](const auto& pair) -> std::string_view { return pair.first; });
  return found == attributes.end() ? nullptr : &found->second;
}

OtlpExport ParseOtlpProtobuf(std::string_view body) {
  OtlpExport result;
  otlp::ExportRequest request;
  if (body.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !request.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    result.error = "the body is no ExportMetricsServiceRequest in protobuf";
    return result;
  }
  for (const otlp::ResourceMetrics& metrics : request.resource_metrics()) {
    OtlpResource& resource = result.resources.emplace_back();
    resource.attributes = AttributesOf(metrics.resource().attributes());
    for (const otlp::ScopeMetrics& scope : metrics.scope_metrics()) {
      for (const otlp::Metric& metric : scope.metrics()) {
        Append(metric.name(), metric.gauge(), false, resource);
        Append(metric.name(), metric.sum(), true, resource);
        Append(metric.name(), metric.histogram(), resource);
      }
    }
  }
  return result;
}

std::string OtlpAnswer(bool json, std::uint64_t rejected, std::string_view message) {
  if (json) {
    if (rejected == 0) return "{}";
    return R"({"partialSuccess":{"rejectedDataPoints":")" + std::to_string(rejected) + R"(","errorMessage":")" +
           std::string(message) + "\"}}";
  }
  otlp::ExportResponse response;
  if (rejected > 0) {
    response.mutable_partial_success()->set_rejected_data_points(static_cast<std::int64_t>(rejected));
    response.mutable_partial_success()->set_error_message(std::string(message));
  }
  return response.SerializeAsString();
}

std::string OtlpError(bool json, std::string_view message) {
  if (json) return R"({"code":3,"message":")" + std::string(message) + "\"}";
  otlp::Status status;
  status.set_code(kInvalidArgument);
  status.set_message(std::string(message));
  return status.SerializeAsString();
}

}  // namespace lossd::push
