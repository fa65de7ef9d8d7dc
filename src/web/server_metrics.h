// What the HTTP server tells of itself.
#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "http/server.h"

namespace lossd::web {

/// `server` must outlive it.
class ServerMetrics : public prometheus::Collectable {
 public:
  explicit ServerMetrics(const http::Server& server) : server_(server) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const http::Server& server_;
};

}  // namespace lossd::web
