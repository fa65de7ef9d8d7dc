#include "export/remote_write/write_request.h"

#include <google/protobuf/arena.h>
#include <snappy.h>

#include <bit>
#include <string_view>
#include <unordered_map>

#include "export/remote_write/write_request.pb.h"
#include "export/remote_write/write_request_v2.pb.h"

namespace lossd::exporter {
namespace {

template <typename Message>
std::string Pack(const Message& message) {
  const std::string plain = message.SerializeAsString();
  std::string packed;
  snappy::Compress(plain.data(), plain.size(), &packed);
  return packed;
}

/// The texts of one request, each with its number. The first has to be the empty one.
class Symbols {
 public:
  explicit Symbols(remote_write_v2::Request& request) : request_(request) { Number(""); }
  std::uint32_t Number(std::string_view text) {
    const auto [known, is_new] = numbers_.try_emplace(text, static_cast<std::uint32_t>(numbers_.size()));
    if (is_new) request_.add_symbols(std::string(text));
    return known->second;
  }

 private:
  remote_write_v2::Request& request_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;  ///< the texts are those of the samples
};

remote_write_v2::Metadata::MetricType TypeOf(text::MetricType type) {
  using remote_write_v2::Metadata;
  if (type == text::MetricType::kCounter) return Metadata::METRIC_TYPE_COUNTER;
  if (type == text::MetricType::kGauge) return Metadata::METRIC_TYPE_GAUGE;
  return Metadata::METRIC_TYPE_UNSPECIFIED;
}

}  // namespace

double StaleMarker() { return std::bit_cast<double>(std::uint64_t{0x7ff0000000000002}); }

std::string EncodeWriteRequest(std::span<const RemoteSample> samples) {
  google::protobuf::Arena arena;
  auto* const request = google::protobuf::Arena::CreateMessage<remote_write::WriteRequest>(&arena);
  for (const RemoteSample& sample : samples) {
    remote_write::TimeSeries& series = *request->add_timeseries();
    for (const auto& [name, value] : *sample.labels) {
      remote_write::Label& label = *series.add_labels();
      label.set_name(name);
      label.set_value(value);
    }
    remote_write::Sample& point = *series.add_samples();
    point.set_value(sample.value);
    point.set_timestamp(sample.timestamp);
  }
  return Pack(*request);
}

std::string EncodeWriteRequestV2(std::span<const RemoteSample> samples) {
  google::protobuf::Arena arena;
  auto* const request = google::protobuf::Arena::CreateMessage<remote_write_v2::Request>(&arena);
  Symbols symbols(*request);
  for (const RemoteSample& sample : samples) {
    remote_write_v2::TimeSeries& series = *request->add_timeseries();
    for (const auto& [name, value] : *sample.labels) {
      series.add_labels_refs(symbols.Number(name));
      series.add_labels_refs(symbols.Number(value));
    }
    remote_write_v2::Sample& point = *series.add_samples();
    point.set_value(sample.value);
    point.set_timestamp(sample.timestamp);
    series.mutable_metadata()->set_type(TypeOf(sample.type));
  }
  return Pack(*request);
}

}  // namespace lossd::exporter
