// What the daemon consists of: its parts, in the order in which they are made.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/daemon.h"
#include "app/end_timers.h"
#include "app/intake.h"
#include "app/process_metrics.h"
#include "app/relay_client.h"
#include "app/repeating_timer.h"
#include "app/source_set.h"
#include "core/job_table.h"
#include "export/job_counts.h"
#include "http/server.h"
#include "os/free_memory.h"
#include "sources/files/files_source.h"
#include "state/state_saver.h"
#include "web/page_routes.h"
#include "web/router.h"
#include "web/routes.h"
#include "web/server_metrics.h"
#include "web/web_config_reloader.h"

namespace lossd::app {

using sources::Writers;

inline constexpr auto kTickInterval = std::chrono::seconds(1);

inline core::Instant ReadClocks() {
  return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()};
}

inline double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

struct Daemon::State {
  State(const cli::Options& options_, config::Config config_, Parts parts_, logging::Log& log_,
        const cli::DaemonSide* relay_);

  bool Listen();
  void RelayKilled();
  void AddRoutes();
  void StartSources();
  void WaitForSignal();
  void TakeSignal(int signal);
  void Tick();
  void TickJobs();
  void StreamsEnded();
  void CommandEnded(int command_status);
  void CommandDone();
  void EndAfterGrace(std::string_view reason);
  std::vector<std::string> Reload();
  void ApplyParts();
  void ShutDown(std::string_view reason, Writers writers);
  void CloseServer();
  void LetGo();
  std::vector<const prometheus::Collectable*> Collectables() const;

  cli::Options options;
  config::Config config;
  logging::Log& log;
  boost::asio::io_context io{1};
  boost::asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
  RepeatingTimer tick{io, kTickInterval, [this] { Tick(); }};
  EndTimers end_timers{io};
  os::HeapTrimmer heap_trimmer;
  ProcessMetrics process;
  core::JobTable jobs;
  exporter::JobCounts job_counts{jobs};
  Intake intake;
  std::optional<state::StateSaver> state_saver;  ///< with --storage.path
  SourceSet sources{jobs, intake, log, io, ReadClocks};
  Parts parts;
  const config::ConfigReaders config_readers = ConfigReadersOf(parts);
  const push::ProtocolHost protocol_host{
      intake, ReadClocks, [this](std::function<void()> task) { boost::asio::post(io, std::move(task)); }, &io,
      [this](auto message, auto about, auto reason) {
        log.Warn(message, {{"about", about}, {"reason", reason}});
      }};
  web::Router router;
  http::Server server;
  web::ServerMetrics server_metrics{server};
  web::WebConfigReloader web_config;
  const cli::DaemonSide* relay;  ///< null: none
  std::optional<RelayClient> relay_client;
  std::vector<std::string> file_arguments;
  sources::FilesSource files;
  std::optional<web::Routes> routes;
  std::optional<web::PageRoutes> pages;
  std::optional<int> command_status;  ///< of `exec`, once it has ended
  std::string stream_job;
  bool ready = false, interrupted = false, shutting_down = false, closing = false;
  bool ticking_jobs = false;  ///< some of them have yet to learn what time it is
  std::chrono::nanoseconds next_jobs_tick{0};
  bool ended = false;  ///< nothing is waited for any more
  int status = 0;
};

}  // namespace lossd::app
