// The daemon: everything that lives as long as the process, and the order in which it begins and ends.
#pragma once

#include <memory>

#include "app/parts.h"
#include "cli/command_relay.h"
#include "cli/flag_catalog.h"
#include "config/config.h"
#include "logging/log.h"

namespace lossd::app {

/// `lossd serve` and `lossd exec`. Behind a relay (see cli/command_relay.h) the training comes first: an address that
/// is taken gives way to the next free one, and what cannot be had (a port, the storage) is done without.
///
/// One thread, which calls Run, owns all job state and answers requests. Sources that read on threads of their own hand
/// over in bounded turns, so that a scrape never waits behind a backlog.
class Daemon {
 public:
  /// `log` and `relay` must outlive the daemon. `config` is what `options.config_file` held; `parts` have read it, too.
  /// `relay`: where the daemon has one around it, or null.
  Daemon(const cli::Options& options, config::Config config, Parts parts, logging::Log& log,
         const cli::DaemonSide* relay = nullptr);
  ~Daemon();

  /// Runs until SIGTERM or SIGINT, or until standard input has ended where nothing else is followed, or the command of
  /// `exec` has, or the relay was killed. The exit status: 0, or 1 where an address cannot be listened on.
  int Run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::app
