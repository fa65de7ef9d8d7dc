// What each path of the HTTP interface means. Pure over the state that it is given: no socket, no clock of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/intake.h"
#include "core/job_table.h"
#include "export/metrics_page.h"
#include "http/message.h"

namespace lossd::app {

struct RouteOptions {
  std::string telemetry_path = "/metrics";
  bool enable_lifecycle = false;
};

/// What the routes ask of the daemon around them.
struct RouteContext {
  std::function<core::Instant()> now;
  std::function<exporter::OwnStats()> own_stats;
  std::function<void(double seconds)> scraped;       ///< told how long a scrape took
  std::function<std::vector<std::string>()> reload;  ///< reads the configuration again; the errors, none on success
  std::function<bool()> ready;
};

/// `/`, the metrics, `/-/healthy`, `/-/ready`, `/-/reload`, `/api/v1/samples`, `/api/v1/jobs`, and `/api/v1/jobs/{job}`
/// with `/finish` and `/advice`. Names of jobs in a path are percent-encoded. An unknown path is 404, a method that a
/// path does not take is 405 with Allow. Errors of the API are `{"error":"..."}`.
class Routes {
 public:
  /// `jobs` and `intake` must outlive the routes.
  Routes(RouteOptions options, core::JobTable& jobs, Intake& intake, RouteContext context);

  http::Response Handle(const http::Request& request);

 private:
  struct Route {
    std::string path;  ///< a segment `{job}` stands for the name of a job
    std::vector<std::string_view> methods;
    std::function<http::Response(const http::Request&, const std::string& job)> handle;
  };

  http::Response Metrics(const http::Request& request);
  http::Response PostSamples(const http::Request& request);
  http::Response GetJob(const std::string& job);
  http::Response Advise(const http::Request& request, const std::string& job);
  http::Response DeleteJob(const std::string& job);
  http::Response FinishJob(const std::string& job);
  http::Response Reload();
  http::Response Ready();

  RouteOptions options_;
  core::JobTable& jobs_;
  Intake& intake_;
  RouteContext context_;
  std::vector<Route> routes_;
};

}  // namespace lossd::app
