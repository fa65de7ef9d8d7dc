// The paths of the daemon itself: metrics, health, reloading, the jobs.
#pragma once

#include <prometheus/collectable.h>

#include <functional>
#include <string>
#include <vector>

#include "core/job_table.h"
#include "core/sample_sink.h"
#include "export/shared_pieces.h"
#include "http/route.h"
#include "metrics/catalog.h"

namespace lossd::web {

struct RouteOptions {
  std::string telemetry_path = "/metrics";
  bool enable_lifecycle = false;
};

/// What the routes ask of the daemon around them.
struct RouteContext {
  std::function<core::Instant()> now;
  std::vector<const prometheus::Collectable*> parts;  ///< whose own metrics the page shows
  std::function<metrics::MetricSet()> left_out;       ///< the metrics that the page does not have
  std::function<void(double seconds)> scraped;        ///< called with the time that a scrape took
  std::function<std::vector<std::string>()> reload;   ///< reads the configuration again; the errors, none on success
  std::function<bool()> ready;
};

/// The metrics, `/-/healthy`, `/-/ready`, `/-/reload`, `/api/v1/jobs`, and `/api/v1/jobs/{job}` with `/finish` and
/// `/advice`. Errors of the API are `{"error":"..."}`.
class Routes {
 public:
  /// `jobs` and `sink` must outlive the routes.
  Routes(RouteOptions options, const core::JobTable& jobs, core::SampleSink& sink, RouteContext context);

  /// Their handlers refer to this object.
  std::vector<http::Route> All();

 private:
  http::Response Metrics(const http::Request& request);
  http::Response GetJob(const std::string& job);
  http::Response Advise(const http::Request& request, const std::string& job);
  http::Response DeleteJob(const std::string& job);
  http::Response FinishJob(const http::Request& request, const std::string& job);
  http::Response Reload();
  http::Response Ready();

  RouteOptions options_;
  const core::JobTable& jobs_;
  core::SampleSink& sink_;
  RouteContext context_;
  exporter::SharedPieces pieces_;
};

}  // namespace lossd::web
