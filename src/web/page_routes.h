// The pages for people and the data behind them: `/`, `/jobs/{job}`, `/compare`, `/status`, `/static/...`, and the
// parts of the API that they draw.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "http/message.h"
#include "http/route.h"
#include "web/live_feed.h"
#include "web/status.h"

namespace lossd::web {

struct PageContext {
  std::function<core::Instant()> now;
  std::function<Status()> status;
  std::string telemetry_path = "/metrics";  ///< where the pages' link to the metrics leads
};

/// Nothing that a page shows comes from another host, and nothing in a job's name is ever markup: pages are the same
/// for everybody, what they show is fetched as JSON and put into them as text, and the policy that they come with
/// forbids scripts and styles of any other source.
class PageRoutes {
 public:
  /// `jobs` must outlive the routes.
  PageRoutes(const core::JobTable& jobs, PageContext context);

  /// Their handlers refer to this object.
  std::vector<http::Route> All();
  /// Tells the open pages what has changed since the last call.
  void Tick() { feed_.Tick(); }

 private:
  struct File {
    std::string content_type, body, etag;
    bool is_page = false;
  };

  void AddFile(const std::string& path, std::string_view asset);
  http::Response Send(const http::Request& request, const File& file) const;
  http::Response Events(const http::Request& request);
  http::Response Overview(const http::Request& request) const;
  http::Response History(const http::Request& request, const std::string& name) const;

  const core::JobTable& jobs_;
  PageContext context_;
  LiveFeed feed_;
  std::map<std::string, File> files_;  ///< by the path of their route
};

}  // namespace lossd::web
