#include "push/pushgateway/pushed_metrics.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <set>
#include <utility>

#include "push/pushgateway/metric_family.pb.h"

namespace lossd::push {
namespace {

using boost::beast::iequals;
using text::ExpositionSample;
using text::MetricType;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.remove_suffix(1);
  return text;
}

bool IsDelimitedProtobuf(std::string_view content_type) {
  const auto cut = [&](char end) {
    const std::size_t at = content_type.find(end);
    const std::string_view part = content_type.substr(0, at);
    content_type.remove_prefix(at == std::string_view::npos ? content_type.size() : at + 1);
    return Trim(part);
  };
  if (!iequals(cut(';'), "application/vnd.google.protobuf")) return false;
  bool delimited = false, family = false;
  while (!content_type.empty()) {
    std::string_view parameter = cut(';');
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = Trim(parameter.substr(0, equals)), value = Trim(parameter.substr(equals + 1));
    delimited = delimited || (iequals(name, "encoding") && iequals(value, "delimited"));
    family = family || (iequals(name, "proto") && value == "io.prometheus.client.MetricFamily");
  }
  return delimited && family;
}

void Append(pushgateway::MetricFamily& family, std::vector<ExpositionSample>& samples) {
  for (pushgateway::Metric& metric : *family.mutable_metric()) {
    ExpositionSample sample;
    sample.type = MetricType::kPart;
    if (metric.has_gauge()) {
      sample.type = MetricType::kGauge;
      sample.value = metric.gauge().value();
    } else if (metric.has_counter()) {
      sample.type = MetricType::kCounter;
      sample.value = metric.counter().value();
    } else if (metric.has_untyped()) {
      sample.type = MetricType::kUntyped;
      sample.value = metric.untyped().value();
    }
    sample.name = family.name();
    sample.has_timestamp = metric.has_timestamp_ms();
    for (pushgateway::Label& label : *metric.mutable_label()) {
      sample.labels.emplace_back(std::move(*label.mutable_name()), std::move(*label.mutable_value()));
    }
    samples.push_back(std::move(sample));
  }
}

/// The error, or "".
std::string ReadMessages(std::string_view body, std::vector<ExpositionSample>& samples) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(body.data()),
                                            static_cast<int>(body.size()));
  for (std::size_t number = 1; in.CurrentPosition() < static_cast<int>(body.size()); ++number) {
    std::uint32_t length = 0;
    const std::string place = "message " + std::to_string(number) + " of the body";
    if (!in.ReadVarint32(&length)) return place + " has no length";
    if (length > body.size() - static_cast<std::size_t>(in.CurrentPosition())) return place + " is cut short";
    pushgateway::MetricFamily family;
    if (!family.ParseFromArray(body.data() + in.CurrentPosition(), static_cast<int>(length))) {
      return place + " is no MetricFamily";
    }
    if (!text::IsMetricName(family.name())) return place + " has no valid metric name";
    in.Skip(static_cast<int>(length));
    Append(family, samples);
  }
  return "";
}

/// What the Pushgateway refuses, too: the error, or "".
std::string Check(std::vector<ExpositionSample>& samples) {
  std::set<std::string> seen;
  for (ExpositionSample& sample : samples) {
    if (sample.has_timestamp) return "pushed metrics must not have timestamps: " + sample.name + " has one";
    std::ranges::sort(sample.labels);
    std::string key = sample.name;
    for (std::size_t i = 0; i < sample.labels.size(); ++i) {
      const auto& [name, value] = sample.labels[i];
      if (!text::IsMetricName(name) || name.find(':') != std::string::npos) {
        return "invalid label name of " + sample.name;
      }
      if (i > 0 && sample.labels[i - 1].first == name) return "a label is given twice: " + name + " of " + sample.name;
      key += '\xFF' + name + '\xFE' + value;
    }
    if (!seen.insert(std::move(key)).second) return sample.name + " was given twice with the same labels";
  }
  return "";
}

}  // namespace

boost::system::result<std::vector<ExpositionSample>, PushError> ParsePush(std::string_view content_type,
                                                                          std::string_view body) {
  std::vector<ExpositionSample> samples;
  std::string error;
  if (IsDelimitedProtobuf(content_type)) {
    error = ReadMessages(body, samples);
  } else if (const auto fault = text::ParseExposition(body, samples)) {
    error = "text format parsing error in line " + std::to_string(fault->line) + ": " + fault->reason;
  }
  if (error.empty()) error = Check(samples);
  if (!error.empty()) return PushError{std::move(error)};
  return samples;
}

}  // namespace lossd::push
