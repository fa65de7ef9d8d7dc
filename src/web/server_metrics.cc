#include "web/server_metrics.h"

#include <string>

#include "metrics/families.h"

namespace lossd::web {

std::vector<prometheus::MetricFamily> ServerMetrics::Collect() const {
  const http::ServerStats& stats = server_.stats();
  metrics::Families families;
  for (const auto& [code, count] : stats.requests_by_code) {
    families.Add("lossd_http_requests_total", count, {{"code", std::to_string(code)}});
  }
  families.Add("lossd_http_connections_refused_total", stats.connections_refused);
  families.Add("lossd_http_tls_handshakes_failed_total", stats.tls_handshakes_failed);
  return families.Take();
}

}  // namespace lossd::web
