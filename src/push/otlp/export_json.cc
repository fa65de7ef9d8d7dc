// The JSON form of an export (see export_request.h).
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>

#include "push/exact_json.h"
#include "push/otlp/export_request.h"
#include "text/json_number.h"

namespace lossd::push {
namespace {

namespace json = boost::json;

const json::value* Member(const json::value* object, std::string_view name) {
  return object != nullptr && object->is_object() ? object->as_object().if_contains(name) : nullptr;
}

const json::array& List(const json::value* object, std::string_view name) {
  static const json::array kNone;
  const json::value* const list = Member(object, name);
  return list != nullptr && list->is_array() ? list->as_array() : kNone;
}

/// A number, or a string that spells one: 64-bit integers and non-finite numbers come as strings.
std::optional<double> Number(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->to_number<double>();
  double number = 0;
  if (!value->is_string() || text::ToDouble(std::string_view(value->as_string()), number) != std::errc())
    return std::nullopt;
  return number;
}

std::uint64_t Unsigned(const json::value* value) {
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->as_uint64();
  if (value->is_int64()) return value->as_int64() < 0 ? 0 : static_cast<std::uint64_t>(value->as_int64());
  std::uint64_t number = 0;
  if (value->is_string()) {
    const json::string& text = value->as_string();
    std::from_chars(text.data(), text.data() + text.size(), number);
  } else if (value->is_double() && value->as_double() >= 0 && value->as_double() < 1.8e19) {
    number = static_cast<std::uint64_t>(value->as_double());
  }
  return number;
}

std::string Text(const json::value* value) {
  if (value == nullptr || value->is_null() || value->is_structured()) return "";
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

OtlpAttributes Attributes(const json::value* holder) {
  OtlpAttributes attributes;
  for (const json::value& pair : List(holder, "attributes")) {
    const json::value* const value = Member(&pair, "value");
    std::string text;
    for (const std::string_view kind : {"stringValue", "intValue", "doubleValue", "boolValue"}) {
      if (const json::value* const found = Member(value, kind); found != nullptr) text = Text(found);
    }
    attributes.emplace_back(Text(Member(&pair, "key")), std::move(text));
  }
  std::ranges::sort(attributes);
  return attributes;
}

/// The enumeration by number or by name.
bool IsDelta(const json::value* holder) {
  const std::string text = Text(Member(holder, "aggregationTemporality"));
  return text == "1" || text == "AGGREGATION_TEMPORALITY_DELTA";
}

void AppendPoints(const std::string& name, const json::value* holder, bool histogram, bool sum,
                  OtlpResource& resource) {
  const bool delta = (histogram || sum) && IsDelta(holder);
  for (const json::value& point : List(holder, "dataPoints")) {
    if ((Unsigned(Member(&point, "flags")) & 1) != 0) continue;
    OtlpPoint out;
    auto value = Number(Member(&point, histogram ? "sum" : "asDouble"));
    if (!value && !histogram) value = Number(Member(&point, "asInt"));
    out.count = histogram ? Unsigned(Member(&point, "count")) : 0;
    if (!value || (histogram && out.count == 0)) continue;
    out.name = name;
    out.value = *value;
    out.kind = histogram ? (delta ? OtlpPoint::Kind::kDeltaTotals : OtlpPoint::Kind::kTotals)
                         : (delta ? OtlpPoint::Kind::kDelta : OtlpPoint::Kind::kLast);
    out.time = Unsigned(Member(&point, "timeUnixNano"));
    out.attributes = Attributes(&point);
    resource.points.push_back(std::move(out));
  }
}

}  // namespace

OtlpExport ParseOtlpJson(std::string_view body) {
  OtlpExport result;
  const auto parsed = ParseExactJson(body);
  if (!parsed || !parsed->is_object()) {
    result.error = "the body is no ExportMetricsServiceRequest in JSON";
    return result;
  }
  const json::value& document = *parsed;
  for (const json::value& metrics : List(&document, "resourceMetrics")) {
    OtlpResource& resource = result.resources.emplace_back();
    resource.attributes = Attributes(Member(&metrics, "resource"));
    for (const json::value& scope : List(&metrics, "scopeMetrics")) {
      for (const json::value& metric : List(&scope, "metrics")) {
        const std::string name = Text(Member(&metric, "name"));
        AppendPoints(name, Member(&metric, "gauge"), false, false, resource);
        AppendPoints(name, Member(&metric, "sum"), false, true, resource);
        AppendPoints(name, Member(&metric, "histogram"), true, false, resource);
      }
    }
  }
  return result;
}

}  // namespace lossd::push
