#include "sources/kafka/log_record.h"

#include <simdjson.h>

#include <utility>

namespace lossd::sources {
namespace {

namespace dom = simdjson::dom;

std::string_view TextOf(const dom::object& object, std::string_view name) {
  std::string_view text;
  return object[name].get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string_view FirstOf(const dom::object& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (const std::string_view text = TextOf(object, name); !text.empty()) return text;
  }
  return {};
}

struct Place {
  std::string_view space, pod, container;
};

void SetPlace(const Place& place, ShippedLine& line) {
  if (line.job.empty() && !place.pod.empty()) {
    line.job = place.space.empty() ? std::string(place.pod) : std::string(place.space) + '/' + std::string(place.pod);
  }
  if (!place.space.empty()) line.labels["namespace"] = place.space;
  if (!place.pod.empty()) line.labels["pod"] = place.pod;
  if (!place.container.empty()) line.labels["container"] = place.container;
}

Place PlaceOf(const dom::object& kubernetes) {
  return {FirstOf(kubernetes, {"namespace_name", "pod_namespace", "namespace"}),
          FirstOf(kubernetes, {"pod_name", "pod"}), FirstOf(kubernetes, {"container_name", "container"})};
}

std::string WithoutEnd(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

/// A body of OTLP: `{"stringValue": "..."}`, or the text itself.
std::string_view BodyOf(const dom::object& record) {
  dom::object body;
  if (record["body"].get_object().get(body) == simdjson::SUCCESS) return FirstOf(body, {"stringValue", "string_value"});
  return TextOf(record, "body");
}

/// The attributes of a resource, as OTLP writes them: a list of keys and values.
Place ResourcePlace(const dom::object& resource, std::string& job) {
  Place place;
  dom::array attributes;
  if (resource["attributes"].get_array().get(attributes) != simdjson::SUCCESS) return place;
  for (const dom::element attribute : attributes) {
    dom::object pair, value;
    if (attribute.get_object().get(pair) != simdjson::SUCCESS) continue;
    if (pair["value"].get_object().get(value) != simdjson::SUCCESS) continue;
    const std::string_view key = TextOf(pair, "key"), text = TextOf(value, "stringValue");
    if (key == "k8s.namespace.name") place.space = text;
    if (key == "k8s.pod.name") place.pod = text;
    if (key == "k8s.container.name") place.container = text;
    if (key == "training_job") job = text;
  }
  return place;
}

void ReadResourceLogs(const dom::object& entry, std::vector<ShippedLine>& lines) {
  dom::object resource;
  std::string job;
  Place place;
  if (entry["resource"].get_object().get(resource) == simdjson::SUCCESS) place = ResourcePlace(resource, job);
  dom::array scopes;
  if (entry["scopeLogs"].get_array().get(scopes) != simdjson::SUCCESS) return;
  for (const dom::element scope : scopes) {
    dom::array records;
    if (scope["logRecords"].get_array().get(records) != simdjson::SUCCESS) continue;
    for (const dom::element element : records) {
      dom::object record;
      if (element.get_object().get(record) != simdjson::SUCCESS) continue;
      ShippedLine& line = lines.emplace_back();
      line.job = job;
      line.text = WithoutEnd(BodyOf(record));
      SetPlace(place, line);
    }
  }
}

}  // namespace

struct LogRecordReader::State {
  dom::parser parser;
};

LogRecordReader::LogRecordReader() : state_(std::make_unique<State>()) {}
LogRecordReader::~LogRecordReader() = default;

ShippedForm LogRecordReader::Read(std::string_view json, std::vector<ShippedLine>& lines) {
  dom::object object;
  dom::element document;
  if (state_->parser.parse(json.data(), json.size()).get(document) != simdjson::SUCCESS) return ShippedForm::kNotJson;
  if (document.get_object().get(object) != simdjson::SUCCESS) return ShippedForm::kOther;
  if (dom::array resources; object["resourceLogs"].get_array().get(resources) == simdjson::SUCCESS) {
    const std::size_t before = lines.size();
    for (const dom::element element : resources) {
      if (dom::object entry; element.get_object().get(entry) == simdjson::SUCCESS) ReadResourceLogs(entry, lines);
    }
    return lines.size() == before ? ShippedForm::kNoMessage : ShippedForm::kLines;
  }
  std::string_view text = FirstOf(object, {"log", "message", "msg", "line"});
  if (text.empty()) text = BodyOf(object);
  dom::object kubernetes;
  const bool placed = object["kubernetes"].get_object().get(kubernetes) == simdjson::SUCCESS;
  if (text.empty() && !placed && object["log"].error() != simdjson::SUCCESS) return ShippedForm::kOther;
  if (text.empty()) return ShippedForm::kNoMessage;
  ShippedLine& line = lines.emplace_back();
  line.job = TextOf(object, "training_job");
  line.text = WithoutEnd(text);
  if (placed) SetPlace(PlaceOf(kubernetes), line);
  return ShippedForm::kLines;
}

}  // namespace lossd::sources
