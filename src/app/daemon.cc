#include "app/daemon.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/clock_jump_detector.h"
#include "app/intake.h"
#include "app/own_stats.h"
#include "app/routes.h"
#include "app/tailer_log.h"
#include "app/version.h"
#include "cli/child_process.h"
#include "core/job_table.h"
#include "http/server.h"
#include "os/descriptor_limit.h"
#include "os/posix_file_system.h"
#include "sources/files/tailer_thread.h"
#include "state/state_saver.h"
#include "web/web_config_reloader.h"

namespace lossd::app {
namespace {

namespace asio = boost::asio;
using sources::Tailer;

constexpr auto kTickInterval = std::chrono::seconds(1);
constexpr auto kOutputAfterChild = std::chrono::seconds(2);

core::Instant ReadClocks() {
  return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()};
}

/// Connections may take half of the descriptors at most: the rest is for files.
http::ServerOptions Bounded(http::ServerOptions http) {
  http.max_connections = std::min(http.max_connections, std::max<std::size_t>(os::MostDescriptors() / 2, 1));
  return http;
}

double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

/// A job for what the child of `exec` writes: named after the script that it runs, else after the program.
std::string ChildJobName(const std::vector<std::string>& child) {
  const auto script = std::ranges::find_if(
      child, [](const std::string& word) { return !word.starts_with('-') && word.ends_with(".py"); });
  std::string_view name = script == child.end() ? child.front() : *script;
  if (script != child.end()) name.remove_suffix(3);
  return std::string(name.substr(name.rfind('/') + 1));
}

}  // namespace

struct Daemon::State {
  State(const cli::Options& options_, config::Config config_, logging::Log& log_);

  bool Listen();
  bool StartChild();
  void Follow();
  std::vector<sources::SourceOptions> Sources() const;
  void WaitForSignal();
  void TakeSignal(int signal);
  void Tick();
  void TakeTurn(const sources::TailerThread::Turn& turn);
  void TakeBatch(const sources::FileBatch& batch);
  void StreamEnded(const std::string& job, core::Instant now);
  void ChildEnded();
  void EndAfterGrace(std::string_view reason);
  std::vector<std::string> Reload();
  void ShutDown(std::string_view reason, sources::Tailer::LastLine last_line);
  void CloseServer();
  exporter::OwnStats OwnStats() const;

  cli::Options options;
  config::Config config;
  logging::Log& log;
  asio::io_context io{1};
  asio::signal_set signals{io, SIGTERM, SIGINT, SIGHUP};
  asio::steady_timer tick{io}, grace{io};
  DaemonCounts counts;
  ClockJumpDetector clock_watch;
  core::JobTable jobs;
  Intake intake;
  Routes routes;
  http::Server server;
  web::WebConfigReloader guard;
  std::optional<state::StateSaver> keeper;  ///< with --storage.path
  std::optional<cli::ChildProcess> child;   ///< of `exec`
  std::unique_ptr<sources::TailerThread> follower;
  std::size_t open_streams = 0;  ///< standard input or what the child writes, not yet at its end
  bool ready = false, interrupted = false, shutting_down = false, closing = false;
  int status = 0;
};

Daemon::State::State(const cli::Options& options_, config::Config config_, logging::Log& log_)
    : options(options_),
      config(std::move(config_)),
      log(log_),
      jobs(config.tracker, config.jobs, config::MakeClassifierRule(config.series)),
      intake(jobs, log),
      routes({options.telemetry_path, options.enable_lifecycle}, jobs, intake,
             {.now = ReadClocks,
              .own_stats = [this] { return OwnStats(); },
              .scraped = [this](double seconds) { counts.last_scrape_duration_seconds = seconds; },
              .reload = [this] { return Reload(); },
              .ready = [this] { return ready; }}),
      server(io, Bounded(config.http), [this](const http::Request& request) { return routes.Handle(request); }),
      guard(
          options.web_config_file, server, [this](std::function<void()> task) { asio::post(io, std::move(task)); },
          log) {
  intake.SetExternalLabels(config.external_labels);
  const core::Instant start = ReadClocks();
  clock_watch.Tick(start);
  counts.start_time_seconds = Seconds(start.wall.time_since_epoch());
  counts.config_reload_success_time_seconds = counts.start_time_seconds;
  server.ObserveExceptions([this](const http::Request& request, std::string_view what) {
    log.Error("request failed", {{"method", request.method}, {"path", request.path}, {"error", what}});
  });
  if (!options.storage_path.empty()) keeper.emplace(options.storage_path, config.storage.save_interval, io, log);
}

bool Daemon::State::Listen() {
  if (const std::vector<config::ConfigError> errors = guard.Read(); !errors.empty()) {
    for (const config::ConfigError& error : errors) log.Error("web configuration refused", {{"error", error.Text()}});
    status = 2;
    return false;
  }
  guard.Apply();
  for (const std::string& address : options.listen_addresses) {
    const auto endpoint = server.Listen(address);
    if (!endpoint) {
      log.Error("cannot listen", {{"address", address}, {"error", endpoint.error().message()}});
      status = 1;
      return false;
    }
    log.Info("listening", {{"address", endpoint->address().to_string()}, {"port", endpoint->port()}});
  }
  return true;
}

bool Daemon::State::StartChild() {
  if (options.command != cli::Command::kExec) return true;
  // What a child might be told reaches it; the daemon itself ends when the child has. Before it starts, for it may end
  // at once.
  for (const int signal : {SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGCHLD}) signals.add(signal);
  auto started = cli::ChildProcess::Start(options.child);
  if (!started) {
    log.Error("cannot run the command", {{"error", started.error().message}});
    status = started.error().exit_status;
    return false;
  }
  child.emplace(std::move(*started));
  log.Info("running the command", {{"command", options.child.front()}, {"pid", child->pid()}});
  return true;
}

/// What the configuration and the command line want followed.
std::vector<sources::SourceOptions> Daemon::State::Sources() const {
  std::vector<sources::SourceOptions> sources = config.files;
  const auto add = [&](const std::string& path, const std::string& job) {
    sources::SourceOptions& source = sources.emplace_back();
    source.path = path;
    source.job = job;
    source.reader = config::ReaderFor(config, path);
  };
  for (const std::string& path : options.files) {
    add(path, path == os::kStandardInput ? options.job_name : "");
  }
  if (child) {
    const std::string job = options.job_name.empty() ? ChildJobName(options.child) : options.job_name;
    for (const os::InputStream& stream : child->streams()) add(stream.path, job);
  }
  return sources;
}

void Daemon::State::Follow() {
  std::vector<os::InputStream> streams;
  if (child) {
    streams = child->streams();
  } else if (std::ranges::find(options.files, os::kStandardInput) != options.files.end()) {
    streams = {{os::kStandardInput, STDIN_FILENO, options.tee ? STDOUT_FILENO : -1}};
  }
  open_streams = streams.size();
  sources::FollowerThreadOptions thread;
  thread.streams = streams;
  thread.use_inotify = config.inotify;
  follower = std::make_unique<sources::TailerThread>(
      std::make_unique<os::PosixFileSystem>(std::move(streams)), Sources(), config.follow,
      keeper ? keeper->Restore(jobs, ReadClocks()) : std::vector<sources::FilePosition>{}, ReadClocks,
      [this](sources::TailerThread::Turn turn) {
        asio::post(io, [this, turn = std::move(turn)] {
          TakeTurn(turn);
          follower->Done();
        });
      },
      std::move(thread));
}

void Daemon::State::TakeTurn(const sources::TailerThread::Turn& turn) {
  for (const sources::TailerNotice& notice : turn.notices) LogNotice(log, notice);
  for (const sources::FileBatch& batch : turn.batches) TakeBatch(batch);
  if (!keeper) return;
  for (const std::uint64_t file : turn.forgotten) keeper->Forget(file);
}

void Daemon::State::TakeBatch(const sources::FileBatch& batch) {
  const bool from_stream = os::IsStreamPath(batch.path);
  core::Instant now = ReadClocks();
  if (batch.catching_up && batch.position && batch.position->modified_ns > 0) {
    // What lay on disk came when the file was last written, not now: old history must not look like news.
    const std::chrono::nanoseconds written(batch.position->modified_ns);
    now.wall =
        std::min(now.wall, decltype(now.wall)(std::chrono::duration_cast<decltype(now.wall)::duration>(written)));
  }
  for (const core::Sample& sample : batch.samples) {
    intake.Take(batch.job, batch.labels, sample, now, batch.catching_up ? core::Origin::kCatchUp : core::Origin::kLive,
                from_stream ? SampleSource::kStandardInput : SampleSource::kFile);
  }
  if (keeper && batch.position) keeper->Note(batch.file, *batch.position);
  if (batch.closed) {
    StreamEnded(batch.job, now);
  } else if (batch.finished) {
    intake.Finish(batch.job, now);
  }
}

void Daemon::State::StreamEnded(const std::string& job, core::Instant now) {
  if (open_streams == 0 || --open_streams > 0) return;
  intake.Finish(job, now);
  if (child) {
    ChildEnded();
  } else if (Sources().size() == 1) {
    // A pipeline ends with its input, unless there is something else to follow.
    EndAfterGrace("standard input has ended");
  }
}

/// Once for the child's end and once for that of its output, in any order.
void Daemon::State::ChildEnded() {
  if (!child->Reap()) return;
  if (open_streams == 0) return EndAfterGrace("the command has ended");
  // What the child has left behind may hold its output open for ever.
  grace.expires_after(kOutputAfterChild);
  grace.async_wait([this](boost::system::error_code error) {
    if (!error) EndAfterGrace("the command has ended");
  });
}

void Daemon::State::EndAfterGrace(std::string_view reason) {
  // There is nothing to wait for where Prometheus could learn nothing, or where somebody wants an end.
  const bool at_once = interrupted || jobs.jobs().empty();
  grace.expires_after(at_once ? std::chrono::nanoseconds(0) : config.shutdown.exit_grace);
  if (!at_once) {
    log.Info("the last values stay for a while",
             {{"reason", reason}, {"seconds", Seconds(config.shutdown.exit_grace)}});
  }
  grace.async_wait([this, text = std::string(reason)](boost::system::error_code error) {
    if (!error) ShutDown(text, sources::Tailer::LastLine::kUse);
  });
}

void Daemon::State::Tick() {
  tick.expires_after(kTickInterval);
  tick.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const core::Instant now = ReadClocks();
    if (const auto jump = clock_watch.Tick(now); jump.count() != 0) {
      log.Warn("the system's clock has jumped", {{"seconds", Seconds(jump)}});
    }
    intake.Tick(now);
    if (keeper) keeper->Tick(jobs, now);
    guard.Tick(now.steady);
    Tick();
  });
}

void Daemon::State::WaitForSignal() {
  signals.async_wait([this](boost::system::error_code error, int signal) {
    if (error) return;
    TakeSignal(signal);
    WaitForSignal();
  });
}

void Daemon::State::TakeSignal(int signal) {
  const bool wants_end = signal == SIGTERM || signal == SIGINT;
  interrupted = interrupted || wants_end;
  const std::optional<int> child_status = child ? child->Reap() : std::nullopt;
  if (child_status) status = *child_status;
  if (child && !child_status) {
    if (signal != SIGCHLD) child->Forward(signal);
  } else if (signal == SIGCHLD) {
    log.Info("the command has ended", {{"status", status}});
    ChildEnded();
  } else if (signal == SIGHUP) {
    Reload();
  } else if (wants_end && shutting_down) {
    log.Warn("asked to end once more, leaving at once");
    io.stop();
  } else if (wants_end) {
    ShutDown(signal == SIGTERM ? "SIGTERM" : "SIGINT",
             child ? sources::Tailer::LastLine::kUse : sources::Tailer::LastLine::kHold);
  }
}

std::vector<std::string> Daemon::State::Reload() {
  std::vector<std::string> errors;
  config::ConfigDocument document;
  if (!options.config_file.empty()) document = config::LoadConfig(options.config_file);
  for (config::ConfigError& error : guard.Read()) document.errors.push_back(std::move(error));
  for (const config::ConfigError& error : document.errors) {
    errors.push_back(error.Text());
    log.Error("configuration refused", {{"error", errors.back()}});
  }
  counts.config_reload_successful = errors.empty();
  if (!errors.empty()) return errors;
  config = std::move(document.config);
  counts.config_reload_success_time_seconds = Seconds(ReadClocks().wall.time_since_epoch());
  jobs.Reconfigure(config.tracker, config.jobs, config::MakeClassifierRule(config.series));
  intake.SetExternalLabels(config.external_labels);
  follower->Reconfigure(Sources(), config.follow);
  guard.Apply();
  log.Info("configuration reloaded", {{"file", options.config_file}});
  return errors;
}

void Daemon::State::ShutDown(std::string_view reason, sources::Tailer::LastLine last_line) {
  if (std::exchange(shutting_down, true)) return;
  log.Info("shutting down", {{"reason", reason}});
  ready = false;
  // What is there by now is still read, for the state that is saved; where a writer may go on after us, a last line
  // without its end stays for the next process.
  follower->Stop(last_line, config.shutdown.drain_timeout, [this] { asio::post(io, [this] { CloseServer(); }); });
  // A read that hangs does not keep the process.
  grace.expires_after(config.shutdown.drain_timeout);
  grace.async_wait([this](boost::system::error_code error) {
    if (!error) CloseServer();
  });
}

void Daemon::State::CloseServer() {
  if (std::exchange(closing, true)) return;
  grace.cancel();
  server.Drain(std::chrono::duration_cast<std::chrono::milliseconds>(config.shutdown.drain_timeout), [this] {
    if (keeper) keeper->SaveNow(jobs, ReadClocks());
    // Nothing is left that could wake the io_context, so that it ends by itself.
    tick.cancel();
    signals.cancel();
  });
}

exporter::OwnStats Daemon::State::OwnStats() const {
  DaemonCounts all = counts;
  all.clock_jumps = clock_watch.jumps();
  if (keeper) {
    all.state_saves = keeper->saves();
    all.state_save_failures = keeper->failures();
    all.state_loads = {{std::string(Name(keeper->load_outcome())), 1}};
  }
  return GatherOwnStats(all, intake, jobs, *follower->report(), server.stats());
}

Daemon::Daemon(const cli::Options& options, config::Config config, logging::Log& log)
    : state_(std::make_unique<State>(options, std::move(config), log)) {}

Daemon::~Daemon() = default;

int Daemon::Run() {
  State& state = *state_;
  const Version build = BuildVersion();
  state.log.Info("starting lossd", {{"version", build.version}, {"revision", build.revision}, {"pid", ::getpid()}});
  if (state.keeper && !state.keeper->Lock()) return 1;
  if (!state.Listen() || !state.StartChild()) return state.status;
  os::RaiseDescriptorLimit();
  state.Follow();
  state.WaitForSignal();
  state.Tick();
  state.ready = true;
  state.io.run();
  state.log.Info("lossd has ended", {{"status", state.status}});
  return state.status;
}

}  // namespace lossd::app
