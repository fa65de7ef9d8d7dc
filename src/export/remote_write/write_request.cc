#include "export/remote_write/write_request.h"

#include <google/protobuf/arena.h>
#include <snappy.h>

#include <bit>

#include "export/remote_write/write_request.pb.h"

namespace lossd::exporter {

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
  const std::string plain = request->SerializeAsString();
  std::string packed;
  snappy::Compress(plain.data(), plain.size(), &packed);
  return packed;
}

}  // namespace lossd::exporter
