// Logs that grow, read without a daemon, and told as the API of one would tell them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/top/fetch.h"
#include "config/config.h"
#include "core/job_table.h"
#include "export/overview.h"

namespace lossd::cli {

class GrowingLogs {
 public:
  GrowingLogs(std::vector<std::string> paths, config::Config config);
  ~GrowingLogs();

  /// Reads what has been added since; a file that has become shorter is read from its start.
  void Read(core::Instant now);
  std::string Overview(const exporter::OverviewQuery& query, core::Instant now) const;
  /// Of the series `loss`, "": the main one. An error where there is none.
  Fetched Run(const std::string& job, const std::string& loss, core::Instant now) const;

 private:
  struct Log;

  void Take(Log& log, core::Instant now);

  config::Config config_;
  core::JobTable jobs_;
  std::vector<std::unique_ptr<Log>> logs_;
};

}  // namespace lossd::cli
