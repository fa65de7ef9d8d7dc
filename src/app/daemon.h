// The daemon: everything that lives as long as the process, and the order in which it begins and ends.
#pragma once

#include <memory>

#include "cli/flag_catalog.h"
#include "config/config.h"
#include "logging/log.h"

namespace lossd::app {

/// `lossd serve` and `lossd exec`.
///
/// One thread, which calls Run, owns all job state and answers requests; files are read on a second one, because a read
/// may hang, and arrive here in bounded turns, so that a scrape never waits behind a backlog.
class Daemon {
 public:
  /// `log` must outlive the daemon. `config` is what `options.config_file` held.
  Daemon(const cli::Options& options, config::Config config, logging::Log& log);
  ~Daemon();

  /// Runs until SIGTERM or SIGINT, or until standard input has ended where nothing else is followed, or the child of
  /// `exec` has. The exit status: 0, 1 where an address cannot be listened on, with `exec` the child's own.
  int Run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::app
