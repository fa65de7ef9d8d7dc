// Prometheus remote write 1.0: the body of one request.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lossd::exporter {

/// Sorted by name; `__name__` is one of them.
using RemoteLabels = std::vector<std::pair<std::string, std::string>>;

struct RemoteSample {
  std::shared_ptr<const RemoteLabels> labels;
  double value = 0;
  std::int64_t timestamp = 0;  ///< milliseconds since 1970
};

/// Prometheus' marker: the series has no value any more.
double StaleMarker();

/// Protobuf in snappy's block format. Label values must be UTF-8.
std::string EncodeWriteRequest(std::span<const RemoteSample> samples);

}  // namespace lossd::exporter
