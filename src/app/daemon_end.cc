// How the daemon ends: what brings its end about, and in which order its parts stop.
#include <utility>

#include "app/daemon_state.h"

namespace lossd::app {

/// Its client passes the output on, and nothing is watched any more.
void Daemon::State::RelayKilled() {
  log.Warn("lossd was killed, the output is still passed on");
  interrupted = true;
  ShutDown("the relay was killed", Writers::kHaveEnded);
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

}  // namespace lossd::app
