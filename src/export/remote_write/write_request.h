// Prometheus remote write, 1.0 and 2.0: the body of one request.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "text/exposition_text.h"

namespace lossd::exporter {

/// Sorted by name; `__name__` is one of them.
using RemoteLabels = std::vector<std::pair<std::string, std::string>>;

struct RemoteSample {
  std::shared_ptr<const RemoteLabels> labels;
  double value = 0;
  std::int64_t timestamp = 0;  ///< milliseconds since 1970
  text::MetricType type = text::MetricType::kUntyped;
};

/// Prometheus' marker: the series has no value any more.
double StaleMarker();

/// 1.0, prometheus.WriteRequest: protobuf in snappy's block format. Label values must be UTF-8.
std::string EncodeWriteRequest(std::span<const RemoteSample> samples);
/// 2.0, io.prometheus.write.v2.Request, likewise: each name and value stands once, and samples bring their type along.
std::string EncodeWriteRequestV2(std::span<const RemoteSample> samples);

}  // namespace lossd::exporter
