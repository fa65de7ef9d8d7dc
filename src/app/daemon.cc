#include "app/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "app/daemon_state.h"
#include "app/files_to_follow.h"
#include "app/listening.h"
#include "app/own_status.h"
#include "app/version.h"
#include "export/metrics_page.h"
#include "os/descriptor_limit.h"
#include "os/free_memory.h"

namespace lossd::app {

namespace asio = boost::asio;

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

void Daemon::State::Tick() {
  const core::Instant now = ReadClocks();
  if (const auto jump = process.clock.Tick(now); jump.count() != 0) {
    log.Warn("the system's clock has jumped", {{"seconds", Seconds(jump)}});
  }
  if (!ticking_jobs && now.steady >= next_jobs_tick) {
    // What it finds is a matter of a quarter of a minute and more; of many jobs each is a wait for memory.
    constexpr std::chrono::nanoseconds kOfEachJob = std::chrono::microseconds(200), kLongest = std::chrono::seconds(5);
    next_jobs_tick = now.steady + std::min(kOfEachJob * static_cast<std::int64_t>(jobs.jobs().size()), kLongest);
    TickJobs();
  }
  for (const auto& protocol : parts.protocols) protocol->Tick(now);
  sources.Tick(now);
  parts.remote_write->Tick(now);
  if (state_saver) state_saver->Tick(jobs, now);
  web_config.Tick(now.steady);
  if (pages) pages->Tick();
  log.Tick();
  heap_trimmer.Tick();
}

/// In turns: of a hundred thousand jobs everybody would wait for some 30 ms, and longer where many of them expire.
void Daemon::State::TickJobs() {
  constexpr std::size_t kJobsInTurn = 500;
  ticking_jobs = !ended && !intake.Tick(ReadClocks(), kJobsInTurn);
  if (ticking_jobs) asio::post(io, [this] { TickJobs(); });
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
