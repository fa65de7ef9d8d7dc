#include "app/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/end_timers.h"
#include "app/files_to_follow.h"
#include "app/intake.h"
#include "app/listening.h"
#include "app/own_status.h"
#include "app/process_metrics.h"
#include "app/relay_client.h"
#include "app/repeating_timer.h"
#include "app/source_set.h"
#include "app/version.h"
#include "core/job_table.h"
#include "export/job_counts.h"
#include "export/metrics_page.h"
#include "http/server.h"
#include "os/descriptor_limit.h"
#include "os/free_memory.h"
#include "sources/files/files_source.h"
#include "state/state_saver.h"
#include "web/page_routes.h"
#include "web/router.h"
#include "web/routes.h"
#include "web/server_metrics.h"
#include "web/web_config_reloader.h"

namespace lossd::app {
namespace {

namespace asio = boost::asio;
using sources::Writers;

constexpr auto kTickInterval = std::chrono::seconds(1);

core::Instant ReadClocks() {
  return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()};
}

double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

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
  asio::io_context io{1};
  asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
  RepeatingTimer tick{io, kTickInterval, [this] { Tick(); }};
  EndTimers end_timers{io};
  ProcessMetrics process;
  core::JobTable jobs;
  exporter::JobCounts job_counts{jobs};
  Intake intake;
  std::optional<state::StateSaver> state_saver;  ///< with --storage.path
  SourceSet sources{jobs, intake, log, io, ReadClocks};
  Parts parts;
  const config::ConfigReaders config_readers = ConfigReadersOf(parts);
  const push::ProtocolHost protocol_host{intake, ReadClocks,
                                         [this](std::function<void()> task) { asio::post(io, std::move(task)); }, &io,
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
  bool ended = false;  ///< nothing is waited for any more
  int status = 0;
};

Daemon::State::State(const cli::Options& options_, config::Config config_, Parts parts_, logging::Log& log_,
                     const cli::DaemonSide* relay_)
    : options(options_),
      config(std::move(config_)),
      log(log_),
      jobs(config.tracker, config.jobs, config::MakeClassifierRule(config.series)),
      intake(jobs, log),
      parts(std::move(parts_)),
      server(io, BoundedByDescriptors(config.http),
             [this](const http::Request& request, std::function<void(http::Response)> later) {
               return router.Handle(request, std::move(later));
             }),
      web_config(
          options.web_config_file, server, [this](const http::Request& head) { return router.AccessFor(head); },
          [this](std::function<void()> task) { asio::post(io, std::move(task)); }, log),
      relay(relay_),
      files([this](const std::string& job, core::Instant) {
        stream_job = job;
        StreamsEnded();
      }) {
  if (relay != nullptr) {
    relay_client.emplace(*relay, io,
                         RelayClient::Events{.interrupted = [this] { interrupted = true; },
                                             .command_ended = [this](int ended_with) { CommandEnded(ended_with); },
                                             .killed = [this] { RelayKilled(); }});
  }
  intake.SetExternalLabels(config.external_labels);
  jobs.KeepHistory(config.history);
  const core::Instant start = ReadClocks();
  process.clock.Tick(start);
  process.start = process.config_reloaded = start.wall;
  server.SetBodyPolicy([this](const http::Request& head) { return router.TakesIncoming(head); });
  server.ObserveExceptions([this](const http::Request& request, std::string_view what) {
    log.Error("request failed", {{"method", request.method}, {"path", request.path}, {"error", what}});
  });
  if (!options.storage_path.empty()) {
    state_saver.emplace(options.storage_path, config.storage.save_interval, io, log);
  }
  for (const auto& source : parts.sources) sources.Add(*source);
  sources.Add(files);
  for (const std::string& argument : options.files) {
    const auto takes = [&](const auto& source) { return source->TakeArgument(argument); };
    if (std::ranges::none_of(parts.sources, takes)) file_arguments.push_back(argument);
  }
}

void Daemon::State::AddRoutes() {
  for (const sources::Source* source : sources.all()) {
    for (const std::string_view name : source->sample_sources()) intake.AddSource(name);
  }
  for (const auto& protocol : parts.protocols) {
    for (const std::string_view name : protocol->sample_sources()) intake.AddSource(name);
    router.Add(protocol->Routes(protocol_host));
  }
  routes.emplace(
      web::RouteOptions{options.telemetry_path, options.enable_lifecycle}, jobs, intake,
      web::RouteContext{.now = ReadClocks,
                        .parts = Collectables(),
                        .left_out = [this] { return config.left_out; },
                        .scraped = [this](double seconds) { process.last_scrape_duration_seconds = seconds; },
                        .reload = [this] { return Reload(); },
                        .ready = [this] { return ready; }});
  router.Add(routes->All());
  pages.emplace(jobs, web::PageContext{.now = ReadClocks,
                                       .status =
                                           [this] {
                                             return DescribeSelf(options, config.given, process.start, jobs,
                                                                 Collectables(), sources.all());
                                           },
                                       .telemetry_path = options.telemetry_path});
  router.Add(pages->All());
}

/// Each hands over what it tells of itself.
std::vector<const prometheus::Collectable*> Daemon::State::Collectables() const {
  std::vector<const prometheus::Collectable*> all = {&process, &job_counts, &intake, &server_metrics};
  if (state_saver) all.push_back(&*state_saver);
  for (const auto& protocol : parts.protocols) all.push_back(protocol.get());
  for (const sources::Source* source : sources.all()) all.push_back(source);
  all.push_back(parts.remote_write.get());
  return all;
}

bool Daemon::State::Listen() {
  if (const std::vector<config::ConfigError> errors = web_config.Read(); !errors.empty()) {
    for (const config::ConfigError& error : errors) log.Error("web configuration refused", {{"error", error.Text()}});
    status = 2;
    return false;
  }
  web_config.Apply();
  const auto insist = relay == nullptr ? Insist::kYes : Insist::kNo;
  const auto listen = [&](const std::string& address) { return ListenOn(server, address, insist, log); };
  const bool listening = std::ranges::all_of(options.listen_addresses, listen);
  if (!listening) status = 1;
  return listening;
}

/// Its client passes the output on, and nothing is watched any more.
void Daemon::State::RelayKilled() {
  log.Warn("lossd was killed, the output is still passed on");
  interrupted = true;
  ShutDown("the relay was killed", Writers::kHaveEnded);
}

void Daemon::State::ApplyParts() {
  for (const auto& protocol : parts.protocols) protocol->Apply();
  for (const auto& source : parts.sources) source->Apply();
  parts.remote_write->Apply();
  files.Configure(FilesToFollow(config, options, file_arguments, relay), config.follow, config.inotify);
}

void Daemon::State::StartSources() {
  if (relay != nullptr) files.SetStreams(relay->streams);
  ApplyParts();
  sources.Start(state_saver ? state_saver->Restore(jobs, ReadClocks()) : std::vector<core::Cursor>{},
                state_saver ? &*state_saver : nullptr);
  if (!sources.has_work()) {
    log.Info("nothing is followed: waiting for what is pushed",
             {{"example", "lossd train.log"}, {"help", "lossd --help"}});
  }
  parts.remote_write->Start(io, log, [this] {
    return exporter::RenderMetrics(jobs, Collectables(), exporter::TextFormat::kPrometheus, config.left_out);
  });
}

/// Standard input, or all that the command writes, has ended.
void Daemon::State::StreamsEnded() {
  if (!options.child.empty()) {
    if (command_status) CommandDone();
    return;
  }
  intake.Close(stream_job, std::nullopt, ReadClocks());
  if (!sources.has_work()) {
    // A pipeline ends with its input, unless there is something else to follow.
    EndAfterGrace("standard input has ended");
  }
}

/// What the command has left behind may still write: the relay says when that is over, or goes on without us.
void Daemon::State::CommandEnded(int given_status) {
  command_status = given_status;
  log.Info("the command has ended", {{"status", given_status}});
  if (!files.streams_open()) CommandDone();
}

void Daemon::State::CommandDone() {
  intake.Close(stream_job, command_status, ReadClocks());
  EndAfterGrace("the command has ended");
}

void Daemon::State::EndAfterGrace(std::string_view reason) {
  // There is nothing to wait for where Prometheus could learn nothing, or where somebody wants an end.
  const bool at_once = interrupted || jobs.jobs().empty();
  const auto grace = at_once ? std::chrono::nanoseconds(0) : config.shutdown.exit_grace;
  const bool waits =
      end_timers.EndAfter(grace, [this, text = std::string(reason)] { ShutDown(text, Writers::kHaveEnded); });
  if (waits && !at_once) {
    log.Info("the last values stay for a while", {{"reason", reason}, {"seconds", Seconds(grace)}});
  }
}

void Daemon::State::Tick() {
  const core::Instant now = ReadClocks();
  if (const auto jump = process.clock.Tick(now); jump.count() != 0) {
    log.Warn("the system's clock has jumped", {{"seconds", Seconds(jump)}});
  }
  intake.Tick(now);
  for (const auto& protocol : parts.protocols) protocol->Tick(now);
  sources.Tick(now);
  parts.remote_write->Tick(now);
  if (state_saver) state_saver->Tick(jobs, now);
  web_config.Tick(now.steady);
  if (pages) pages->Tick();
  log.Tick();
  os::ReturnFreeMemory();
}

/// The signal may have been queued when waiting for it was cancelled.
void Daemon::State::WaitForSignal() {
  signals.async_wait([this](boost::system::error_code error, int signal) {
    if (error || ended) return;
    TakeSignal(signal);
    WaitForSignal();
  });
}

void Daemon::State::TakeSignal(int signal) {
  const bool wants_end = signal == SIGTERM || signal == SIGINT;
  interrupted = interrupted || wants_end;
  if (signal == SIGHUP) {
    Reload();
  } else if (wants_end && shutting_down) {
    log.Warn("asked to end once more, leaving at once");
    io.stop();
  } else if (wants_end) {
    ShutDown(signal == SIGTERM ? "SIGTERM" : "SIGINT", command_status ? Writers::kHaveEnded : Writers::kMayGoOn);
  }
}

std::vector<std::string> Daemon::State::Reload() {
  std::vector<std::string> errors;
  config::ConfigDocument document = options.config_file.empty()
                                        ? config::ParseConfig("", "", config_readers)
                                        : config::LoadConfig(options.config_file, config_readers);
  for (config::ConfigError& error : web_config.Read()) document.errors.push_back(std::move(error));
  // An editor, or whoever copies a file, empties it before he writes.
  const bool emptied = document.given.empty() && !config.files.empty();
  if (emptied) document.errors.push_back({options.config_file, 0, 0, "", "is empty, and what is in force is not"});
  for (const config::ConfigError& error : document.errors) {
    errors.push_back(error.Text());
    log.Error("configuration refused", {{"error", errors.back()}});
  }
  process.config_reload_successful = errors.empty();
  if (!errors.empty()) return errors;
  config = std::move(document.config);
  process.config_reloaded = ReadClocks().wall;
  jobs.Reconfigure(config.tracker, config.jobs, config::MakeClassifierRule(config.series));
  jobs.KeepHistory(config.history);
  intake.SetExternalLabels(config.external_labels);
  ApplyParts();
  web_config.Apply();
  log.Info("configuration reloaded", {{"file", options.config_file}});
  return errors;
}

void Daemon::State::ShutDown(std::string_view reason, Writers writers) {
  if (std::exchange(shutting_down, true)) return;
  log.Info("shutting down", {{"reason", reason}});
  ready = false;
  // What is there by now is still read, for the state that is saved; where a writer may go on after us, a last line
  // without its end stays for the next process.
  sources.Stop(writers, config.shutdown.drain_timeout, [this] { CloseServer(); });
  // A read that hangs does not keep the process.
  end_timers.BeginEnd(config.shutdown.drain_timeout, [this] { CloseServer(); });
}

void Daemon::State::CloseServer() {
  if (std::exchange(closing, true)) return;
  end_timers.CallOff();
  server.Drain(std::chrono::duration_cast<std::chrono::milliseconds>(config.shutdown.drain_timeout), [this] {
    if (state_saver) state_saver->SaveNow(jobs, ReadClocks());
    parts.remote_write->Stop(ReadClocks(), config.shutdown.drain_timeout, [this] { LetGo(); });
  });
}

/// Nothing is left that could wake the io_context, so that it ends by itself.
void Daemon::State::LetGo() {
  ended = true;
  tick.Stop();
  signals.cancel();
  if (relay_client) relay_client->Stop();
}

Daemon::Daemon(const cli::Options& options, config::Config config, Parts parts, logging::Log& log,
               const cli::DaemonSide* relay)
    : state_(std::make_unique<State>(options, std::move(config), std::move(parts), log, relay)) {}

Daemon::~Daemon() = default;

int Daemon::Run() {
  State& state = *state_;
  const Version build = BuildVersion();
  state.log.Info("starting lossd", {{"version", build.version}, {"revision", build.revision}, {"pid", ::getpid()}});
  if (state.state_saver && !state.state_saver->Lock()) {
    if (state.relay == nullptr) return 1;
    state.log.Warn("nothing is saved of this training: the storage cannot be used");
    state.state_saver.reset();
  }
  state.AddRoutes();
  if (!state.Listen()) return state.status;
  if (state.relay_client) state.relay_client->Start();
  os::RaiseDescriptorLimit();
  os::ReturnLargeBlocksAtOnce();
  state.StartSources();
  state.WaitForSignal();
  state.tick.Start();
  state.ready = true;
  os::UnmapUnusedCode();
  state.io.run();
  state.log.Info("lossd has ended", {{"status", state.command_status.value_or(state.status)}});
  return state.status;
}

}  // namespace lossd::app
