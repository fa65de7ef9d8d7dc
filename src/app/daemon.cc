#include "app/daemon.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "app/follower_thread.h"
#include "app/intake.h"
#include "app/own_stats.h"
#include "app/routes.h"
#include "app/tee_file_system.h"
#include "app/version.h"
#include "core/job_table.h"
#include "http/server.h"
#include "ingest/posix_file_system.h"

namespace lossd::app {
namespace {

namespace asio = boost::asio;

constexpr auto kTickInterval = std::chrono::seconds(1);

core::Instant ReadClocks() {
  return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()};
}

double Seconds(core::Timestamp time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

std::chrono::milliseconds Milliseconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

/// What the configuration and the command line want followed.
std::vector<ingest::SourceOptions> Sources(const Options& options, const Config& config) {
  std::vector<ingest::SourceOptions> sources = config.files;
  for (const std::string& path : options.files) {
    ingest::SourceOptions source;
    source.path = path;
    if (path == ingest::kStandardInput) source.job = options.job_name;
    sources.push_back(std::move(source));
  }
  return sources;
}

std::unique_ptr<ingest::FileSystem> Files(const Options& options) {
  auto files = std::make_unique<ingest::PosixFileSystem>();
  if (!options.tee) return files;
  return std::make_unique<TeeFileSystem>(std::move(files), STDOUT_FILENO);
}

}  // namespace

struct Daemon::State {
  State(const Options& options_, Config config_, Log& log_)
      : options(options_),
        config(std::move(config_)),
        log(log_),
        jobs(config.tracker, config.jobs, MakeClassifierRule(config.series)),
        intake(jobs, log),
        routes({options.telemetry_path, options.enable_lifecycle}, jobs, intake,
               {ReadClocks, [this] { return OwnStats(); },
                [this](double seconds) { counts.last_scrape_duration_seconds = seconds; }, [this] { return Reload(); },
                [this] { return ready; }}),
        server(io, config.http, [this](const http::Request& request) { return routes.Handle(request); }) {
    intake.SetExternalLabels(config.external_labels);
    counts.start_time_seconds = counts.config_reload_success_time_seconds = Seconds(ReadClocks().wall);
    server.ObserveExceptions([this](const http::Request& request, std::string_view what) {
      log.Error("request failed", {{"method", request.method}, {"path", request.path}, {"error", what}});
    });
  }

  bool Listen();
  void Follow();
  void WaitForSignal();
  void Tick();
  void TakeTurn(const FollowerThread::Turn& turn);
  void TakeBatch(const ingest::FileBatch& batch);
  void Tell(const ingest::FollowerNotice& notice);
  void EndAfterGrace();
  std::vector<std::string> Reload();
  void ShutDown(std::string_view reason);
  void CloseServer();
  exporter::OwnStats OwnStats() const;

  Options options;
  Config config;
  Log& log;
  asio::io_context io{1};
  asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer tick{io}, grace{io};
  DaemonCounts counts;
  core::JobTable jobs;
  Intake intake;
  Routes routes;
  http::Server server;
  std::unique_ptr<FollowerThread> follower;
  bool ready = false;
  bool shutting_down = false, closing = false;
  int status = 0;
};

bool Daemon::State::Listen() {
  for (const std::string& address : options.listen_addresses) {
    const auto endpoint = server.Listen(address);
    if (!endpoint) {
      log.Error("cannot listen", {{"address", address}, {"error", endpoint.error().message()}});
      return false;
    }
    log.Info("listening", {{"address", endpoint->address().to_string()}, {"port", endpoint->port()}});
  }
  return true;
}

void Daemon::State::Follow() {
  follower = std::make_unique<FollowerThread>(Files(options), Sources(options, config), config.follow,
                                              std::vector<ingest::FilePosition>{}, ReadClocks,
                                              [this](FollowerThread::Turn turn) {
                                                asio::post(io, [this, turn = std::move(turn)] {
                                                  TakeTurn(turn);
                                                  follower->Done();
                                                });
                                              });
}

void Daemon::State::TakeTurn(const FollowerThread::Turn& turn) {
  for (const ingest::FollowerNotice& notice : turn.notices) Tell(notice);
  for (const ingest::FileBatch& batch : turn.batches) TakeBatch(batch);
}

void Daemon::State::TakeBatch(const ingest::FileBatch& batch) {
  const bool from_input = batch.path == ingest::kStandardInput;
  const core::Instant now = ReadClocks();
  for (const core::Sample& sample : batch.samples) {
    intake.Take(batch.job, batch.labels, sample, now, batch.catching_up ? core::Origin::kCatchUp : core::Origin::kLive,
                from_input ? SampleSource::kStandardInput : SampleSource::kFile);
  }
  if (!batch.finished) return;
  intake.Finish(batch.job, now);
  // A pipeline ends with its input, unless there is something else to follow.
  if (from_input && Sources(options, config).size() == 1) EndAfterGrace();
}

void Daemon::State::Tell(const ingest::FollowerNotice& notice) {
  using Kind = ingest::FollowerNotice::Kind;
  const auto tell = [&](LogLevel level, std::string_view message) {
    if (notice.detail.empty()) return log.Write(level, message, {{"path", notice.path}});
    log.Write(level, message, {{"path", notice.path}, {"detail", notice.detail}});
  };
  switch (notice.kind) {
    case Kind::kFound:
      return tell(LogLevel::kInfo, "following file");
    case Kind::kMissing:
      return tell(LogLevel::kWarn, "file is missing, waiting for it");
    case Kind::kError:
      return tell(LogLevel::kWarn, "file cannot be read");
    case Kind::kRecovered:
      return tell(LogLevel::kInfo, "file can be read again");
    case Kind::kRotated:
      return tell(LogLevel::kInfo, "file was rotated");
    case Kind::kTruncated:
      return tell(LogLevel::kInfo, "file was truncated");
    case Kind::kGone:
      return tell(LogLevel::kInfo, "file is gone");
  }
}

void Daemon::State::EndAfterGrace() {
  log.Info("input has ended, the last values stay for a while",
           {{"seconds", Seconds(core::Timestamp(config.shutdown.exit_grace))}});
  grace.expires_after(config.shutdown.exit_grace);
  grace.async_wait([this](boost::system::error_code error) {
    if (!error) ShutDown("input has ended");
  });
}

void Daemon::State::Tick() {
  tick.expires_after(kTickInterval);
  tick.async_wait([this](boost::system::error_code error) {
    if (error) return;
    intake.Tick(ReadClocks());
    Tick();
  });
}

void Daemon::State::WaitForSignal() {
  signals.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      Reload();
    } else if (shutting_down) {
      log.Warn("asked to end once more, leaving at once");
      return io.stop();
    } else {
      ShutDown(signal == SIGTERM ? "SIGTERM" : "SIGINT");
    }
    WaitForSignal();
  });
}

std::vector<std::string> Daemon::State::Reload() {
  std::vector<std::string> errors;
  ConfigDocument document;
  if (!options.config_file.empty()) document = LoadConfig(options.config_file);
  for (const ConfigError& error : document.errors) {
    errors.push_back(error.Text());
    log.Error("configuration refused", {{"error", errors.back()}});
  }
  counts.config_reload_successful = errors.empty();
  if (!errors.empty()) return errors;
  config = std::move(document.config);
  counts.config_reload_success_time_seconds = Seconds(ReadClocks().wall);
  jobs.Reconfigure(config.tracker, config.jobs, MakeClassifierRule(config.series));
  intake.SetExternalLabels(config.external_labels);
  follower->Reconfigure(Sources(options, config), config.follow);
  log.Info("configuration reloaded", {{"file", options.config_file}});
  return errors;
}

void Daemon::State::ShutDown(std::string_view reason) {
  if (std::exchange(shutting_down, true)) return;
  log.Info("shutting down", {{"reason", reason}});
  ready = false;
  grace.cancel();
  // What is on disk by now is still read, for the state that is saved; a last line without its end stays for the next process.
  follower->Stop(ingest::LogFollower::LastLine::kHold, config.shutdown.drain_timeout,
                 [this] { asio::post(io, [this] { CloseServer(); }); });
  // A read that hangs does not keep the process.
  grace.expires_after(config.shutdown.drain_timeout);
  grace.async_wait([this](boost::system::error_code error) {
    if (!error) CloseServer();
  });
}

void Daemon::State::CloseServer() {
  if (std::exchange(closing, true)) return;
  grace.cancel();
  server.Drain(Milliseconds(config.shutdown.drain_timeout), [this] {
    // Nothing is left that could wake the io_context, so that it ends by itself.
    tick.cancel();
    signals.cancel();
  });
}

exporter::OwnStats Daemon::State::OwnStats() const {
  return GatherOwnStats(counts, intake, jobs, *follower->report(), server.stats());
}

Daemon::Daemon(const Options& options, Config config, Log& log)
    : state_(std::make_unique<State>(options, std::move(config), log)) {}

Daemon::~Daemon() = default;

int Daemon::Run() {
  State& state = *state_;
  const Version build = BuildVersion();
  state.log.Info("starting lossd", {{"version", build.version}, {"revision", build.revision}, {"pid", ::getpid()}});
  if (!state.Listen()) return 1;
  state.WaitForSignal();
  state.Follow();
  state.Tick();
  state.ready = true;
  state.io.run();
  state.log.Info("lossd has ended", {{"status", state.status}});
  return state.status;
}

}  // namespace lossd::app
