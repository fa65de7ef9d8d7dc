#include "app/daemon.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/clock_jump_detector.h"
#include "app/intake.h"
#include "app/listening.h"
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

core::Instant ReadClocks() {
  return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()};
}

/// Connections may take half of the descriptors at most: the rest is for files.
http::ServerOptions Bounded(http::ServerOptions http) {
  http.max_connections = std::min(http.max_connections, std::max<std::size_t>(os::MostDescriptors() / 2, 1));
  return http;
}

double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

struct Daemon::State {
  State(const cli::Options& options_, config::Config config_, logging::Log& log_, const cli::DaemonSide* relay_);

  bool Listen();
  void ListenToRelay();
  void TakeMessages();
  void RelayLost();
  void Follow();
  std::vector<sources::SourceOptions> Sources() const;
  void WaitForSignal();
  void TakeSignal(int signal);
  void Tick();
  void TakeTurn(const sources::TailerThread::Turn& turn);
  void TakeBatch(const sources::FileBatch& batch);
  void StreamEnded(const std::string& job, core::Instant now);
  void CommandEnded(int command_status);
  void EndAfterGrace(std::string_view reason);
  std::vector<std::string> Reload();
  void ShutDown(std::string_view reason, Tailer::LastLine last_line);
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
  const cli::DaemonSide* relay;             ///< null: none
  asio::posix::stream_descriptor relay_socket{io};
  std::thread passing_on;  ///< in the place of a relay that was killed
  std::unique_ptr<sources::TailerThread> follower;
  std::size_t open_streams = 0;       ///< standard input or what the child writes, not yet at its end
  std::optional<int> command_status;  ///< of `exec`, once it has ended
  bool output_ended = false;          ///< as the relay says
  bool ready = false, interrupted = false, shutting_down = false, closing = false;
  int status = 0;
};

Daemon::State::State(const cli::Options& options_, config::Config config_, logging::Log& log_,
                     const cli::DaemonSide* relay_)
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
          log),
      relay(relay_) {
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
  const auto insist = relay == nullptr ? Insist::kYes : Insist::kNo;
  const auto listen = [&](const std::string& address) { return ListenOn(server, address, insist, log); };
  const bool listening = std::ranges::all_of(options.listen_addresses, listen);
  if (!listening) status = 1;
  return listening;
}

void Daemon::State::ListenToRelay() {
  relay_socket.async_wait(asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (!error) TakeMessages();
  });
}

void Daemon::State::TakeMessages() {
  using Kind = cli::RelayMessage::Kind;
  cli::RelayMessage message;
  ssize_t size = 0;
  while ((size = recv(relay->socket, &message, sizeof message, MSG_DONTWAIT)) == sizeof message) {
    if (message.kind == Kind::kInterrupted) interrupted = true;
    if (message.kind == Kind::kOutputEnded) output_ended = true;
    if (message.kind == Kind::kCommandEnded) CommandEnded(message.value);
  }
  if (size != 0) return ListenToRelay();
  if (!output_ended) RelayLost();
}

/// Killed, most likely as lossd itself: nothing is watched any more, but the training is not to notice.
void Daemon::State::RelayLost() {
  log.Warn("lossd was killed, the output is still passed on");
  passing_on = std::thread(relay->take_over);
  interrupted = true;
  ShutDown("the relay was killed", Tailer::LastLine::kUse);
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
  if (!options.child.empty() && relay != nullptr) {
    const std::string job = options.job_name.empty() ? cli::CommandJobName(options.child) : options.job_name;
    for (const os::InputStream& stream : relay->streams) add(stream.path, job);
  }
  return sources;
}

void Daemon::State::Follow() {
  std::vector<os::InputStream> streams;
  if (relay != nullptr) streams = relay->streams;
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
  if (!options.child.empty()) {
    if (command_status) EndAfterGrace("the command has ended");
  } else if (Sources().size() == 1) {
    // A pipeline ends with its input, unless there is something else to follow.
    EndAfterGrace("standard input has ended");
  }
}

/// What the command has left behind may still write: the relay says when that is over, or goes on without us.
void Daemon::State::CommandEnded(int given_status) {
  command_status = given_status;
  log.Info("the command has ended", {{"status", given_status}});
  if (open_streams == 0) EndAfterGrace("the command has ended");
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
    if (!error) ShutDown(text, Tailer::LastLine::kUse);
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
  if (signal == SIGHUP) {
    Reload();
  } else if (wants_end && shutting_down) {
    log.Warn("asked to end once more, leaving at once");
    io.stop();
  } else if (wants_end) {
    ShutDown(signal == SIGTERM ? "SIGTERM" : "SIGINT",
             command_status ? Tailer::LastLine::kUse : Tailer::LastLine::kHold);
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

void Daemon::State::ShutDown(std::string_view reason, Tailer::LastLine last_line) {
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
    boost::system::error_code ignored;
    relay_socket.cancel(ignored);
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

Daemon::Daemon(const cli::Options& options, config::Config config, logging::Log& log, const cli::DaemonSide* relay)
    : state_(std::make_unique<State>(options, std::move(config), log, relay)) {}

Daemon::~Daemon() {
  if (state_->passing_on.joinable()) state_->passing_on.join();
}

int Daemon::Run() {
  State& state = *state_;
  const Version build = BuildVersion();
  state.log.Info("starting lossd", {{"version", build.version}, {"revision", build.revision}, {"pid", ::getpid()}});
  if (state.keeper && !state.keeper->Lock()) {
    if (state.relay == nullptr) return 1;
    state.log.Warn("nothing is saved of this training: the storage cannot be used");
    state.keeper.reset();
  }
  if (!state.Listen()) return state.status;
  if (state.relay != nullptr) {
    cli::SendMessage(state.relay->socket, {cli::RelayMessage::Kind::kListening, 0});
    state.relay_socket.assign(state.relay->socket);
    state.ListenToRelay();
  }
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
