// Any bytes as the path and the body of a push, in both formats: whatever is taken has names that Prometheus takes.
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "push/pushgateway/grouping_key.h"
#include "push/pushgateway/pushed_metrics.h"
#include "records/gauge_reader.h"

namespace {

using lossd::fuzz::Require;

void Read(std::string_view type, std::string_view body) {
  const auto parsed = lossd::push::ParsePush(type, body);
  if (!parsed) return Require(!parsed.error().reason.empty());
  std::vector<lossd::records::Gauge> gauges;
  for (const auto& sample : *parsed) {
    Require(lossd::text::IsMetricName(sample.name) && !sample.has_timestamp);
    gauges.push_back({sample.name, sample.labels, sample.value});
  }
  lossd::records::GaugeReader reader;
  const auto samples = reader.Read(gauges);
  Require(samples.size() <= gauges.size());
  for (const auto& sample : samples) Require(!sample.loss.empty());
  Require(gauges.size() > 64 || reader.Read(gauges).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = lossd::fuzz::Text(data, size);
  Read("text/plain", bytes);
  Read("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited", bytes);
  if (const auto key = lossd::push::ParseGroupingKey(bytes)) Require(!key->job.empty());
  return 0;
}
