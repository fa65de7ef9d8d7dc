#include "web/status.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <map>

#include "export/json_text.h"
#include "export/json_value.h"

namespace lossd::web {
namespace {

namespace json = boost::json;
using exporter::JsonNumber;
using exporter::JsonText;

json::object Texts(const std::vector<std::pair<std::string, std::string>>& texts) {
  json::object object;
  for (const auto& [name, value] : texts) object[JsonText(name)] = JsonText(value);
  return object;
}

std::string WithLabels(const std::string& name, const prometheus::ClientMetric& metric) {
  std::string text = name;
  for (const auto& label : metric.label) {
    text += (text.size() == name.size() ? "{" : ", ") + label.name + "=\"" + label.value + '"';
  }
  return metric.label.empty() ? text : text + '}';
}

void AddDetails(const std::vector<SourceDetail>& details, std::map<std::string, json::object>& sources) {
  for (const SourceDetail& detail : details) {
    json::object& source = sources[detail.path];
    json::array silence;
    for (const std::string& reason : detail.silence) silence.push_back(JsonText(reason));
    source["path"] = JsonText(detail.path);
    source["training_job"] = JsonText(detail.job);
    source["bytes_read"] = detail.bytes_read;
    source["silence"] = std::move(silence);
  }
}

json::array Ignored(const std::vector<SourceDetail>& details) {
  json::array lines;
  for (const bool silent : {true, false}) {
    for (const SourceDetail& detail : details) {
      if (detail.silence.empty() == silent) continue;
      for (auto line = detail.ignored.rbegin(); line != detail.ignored.rend() && lines.size() < kMaxIgnored; ++line) {
        lines.push_back(json::object{
            {"path", JsonText(detail.path)}, {"reason", JsonText(line->first)}, {"text", JsonText(line->second)}});
      }
    }
  }
  return lines;
}

void AddOwn(const Status& status, json::object& out) {
  std::map<std::string, json::object> sources;  // by path
  AddDetails(status.details, sources);
  json::array counts;
  for (const prometheus::MetricFamily& family : status.own) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      const double value = family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
      const auto path = std::ranges::find(metric.label, "path", &prometheus::ClientMetric::Label::name);
      if (path == metric.label.end()) {
        counts.push_back(json::array{JsonText(WithLabels(family.name, metric)), JsonNumber(value)});
        continue;
      }
      json::object& source = sources[path->value];
      for (const auto& label : metric.label) source[JsonText(label.name)] = JsonText(label.value);
      source[family.name] = JsonNumber(value);
    }
  }
  json::array list;
  for (auto& [path, source] : sources) list.push_back(std::move(source));
  out["sources"] = std::move(list);
  out["counts"] = std::move(counts);
}

}  // namespace

bool IsSecret(std::string_view key) {
  constexpr std::string_view kSecrets[] = {"password",    "secret",  "token",  "credential",
                                           "private_key", "api_key", "bearer", "kafka.properties"};
  return std::ranges::any_of(kSecrets, [&](std::string_view word) { return key.find(word) != std::string_view::npos; });
}

std::string StatusJson(const Status& status, core::Timestamp now) {
  json::object config;
  for (const auto& [key, value] : status.config) {
    config[JsonText(key)] = IsSecret(key) ? json::string("<hidden>") : JsonText(value);
  }
  json::object out{{"now", core::UnixSeconds(now)},         {"start_time_seconds", core::UnixSeconds(status.start)},
                   {"history_bytes", status.history_bytes}, {"build", Texts(status.build)},
                   {"flags", Texts(status.flags)},          {"config", std::move(config)}};
  AddOwn(status, out);
  out["ignored"] = Ignored(status.details);
  return exporter::ToJsonText(out);
}

}  // namespace lossd::web
