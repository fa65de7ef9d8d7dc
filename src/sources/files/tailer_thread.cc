#include "sources/files/tailer_thread.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "sources/files/inotify_watcher.h"

namespace lossd::sources {
namespace {

using std::chrono::nanoseconds;

/// A report costs time in proportion to the number of files; no more than this part of the thread's time goes into
/// reports.
constexpr int kReportShare = 20;
constexpr nanoseconds kLookEverywhereInterval = std::chrono::seconds(1);

}  // namespace

struct TailerThread::State {
  // Of the thread alone.
  std::unique_ptr<os::FileSystem> files;
  std::unique_ptr<Tailer> tailer;
  std::unique_ptr<InotifyWatcher> watcher;
  ReadClock now;
  TailerThreadOptions options;
  bool look_everywhere = false;
  nanoseconds next_look_everywhere{0};
  bool report_due = true;
  nanoseconds next_report{0};

  int wake_descriptor = -1;
  ~State() {
    if (wake_descriptor >= 0) close(wake_descriptor);
  }

  struct StopRequest {
    Tailer::LastLine last_line;
    nanoseconds deadline;
    std::function<void()> stopped;
  };
  struct NewSources {
    std::vector<SourceOptions> sources;
    TailerOptions follow;
  };
  // Of both sides, under the mutex; it is never held over a system call that could hang.
  std::atomic<nanoseconds> last_round{nanoseconds{0}};
  std::mutex mutex;
  Deliver deliver;
  bool abandoned = false;
  std::size_t in_flight = 0;
  std::optional<StopRequest> stop;
  std::optional<NewSources> new_sources;
  std::shared_ptr<const TailerReport> report = std::make_shared<TailerReport>();

  void WakeUp() const {
    const std::uint64_t one = 1;
    // The counter cannot overflow, and a full one would wake as well.
    [[maybe_unused]] const ssize_t written = write(wake_descriptor, &one, sizeof one);
  }

  /// Sleeps until something is told, or, with `watch`, happens to a file or a stream, or `longest` (negative: no limit)
  /// has passed.
  void Wait(nanoseconds longest, bool watch) const {
    std::vector<pollfd> waiting = {{wake_descriptor, POLLIN, 0}};
    if (watch) {
      if (watcher) waiting.push_back({watcher->descriptor(), POLLIN, 0});
      for (const os::InputStream& stream : options.streams) waiting.push_back({stream.descriptor, POLLIN, 0});
    }
    int milliseconds = -1;
    if (longest.count() >= 0) {
      milliseconds = static_cast<int>(std::min<std::int64_t>((longest.count() + 999'999) / 1'000'000, 60'000));
    }
    poll(waiting.data(), waiting.size(), milliseconds);
    std::uint64_t ignored = 0;
    if ((waiting[0].revents & POLLIN) != 0) {
      [[maybe_unused]] const ssize_t got = read(wake_descriptor, &ignored, sizeof ignored);
    }
    for (std::size_t i = watcher ? 2 : 1; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) tailer->Wake(options.streams[i - (watcher ? 2 : 1)].path);
    }
  }

  void HearOfChanges() {
    if (!watcher) return;
    const InotifyWatcher::Events events = watcher->Read();
    look_everywhere = look_everywhere || events.anything;
    // In a storm of events each look would be one at every file.
    if (const nanoseconds time = now().steady; look_everywhere && time >= next_look_everywhere) {
      tailer->WakeAll();
      look_everywhere = false;
      next_look_everywhere = time + kLookEverywhereInterval;
    }
    for (const std::string& path : events.paths) tailer->Wake(path);
  }

  void MakeReport() {
    const nanoseconds start = now().steady;
    if (!report_due || start < next_report) return;
    auto fresh = std::make_shared<TailerReport>();
    fresh->stats = tailer->stats();
    fresh->files = tailer->files();
    if (watcher) {
      fresh->watched_directories = watcher->watched();
      fresh->refused_watches = watcher->refused();
      fresh->watch_overflows = watcher->overflows();
    }
    const nanoseconds end = now().steady;
    next_report = end + (end - start) * kReportShare;
    report_due = false;
    const std::lock_guard lock(mutex);
    report = std::move(fresh);
  }

  /// Waits until the receiver has room. False: abandoned meanwhile.
  bool WaitForRoom() {
    while (true) {
      {
        const std::lock_guard lock(mutex);
        if (abandoned) return false;
        if (in_flight < options.turns_in_flight) return true;
      }
      Wait(nanoseconds(-1), false);
    }
  }

  void HandOver(Turn turn) {
    if (turn.batches.empty() && turn.notices.empty() && turn.forgotten.empty()) return;
    report_due = true;
    const std::lock_guard lock(mutex);
    if (abandoned) return;
    ++in_flight;
    deliver(std::move(turn));
  }
};

TailerThread::TailerThread(std::unique_ptr<os::FileSystem> files, std::vector<SourceOptions> sources,
                           TailerOptions follow, std::vector<FilePosition> restored, ReadClock now, Deliver deliver,
                           TailerThreadOptions options)
    : state_(std::make_shared<State>()) {
  state_->files = std::move(files);
  state_->tailer = std::make_unique<Tailer>(*state_->files, std::move(sources), follow);
  state_->tailer->Restore(std::move(restored));
  if (options.use_inotify) state_->watcher = std::make_unique<InotifyWatcher>();
  state_->now = std::move(now);
  state_->deliver = std::move(deliver);
  state_->options = std::move(options);
  state_->wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  std::thread([state = state_] { Run(state); }).detach();
}

TailerThread::~TailerThread() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->abandoned = true;
  }
  state_->WakeUp();
}

void TailerThread::Done() {
  {
    const std::lock_guard lock(state_->mutex);
    --state_->in_flight;
  }
  state_->WakeUp();
}

void TailerThread::Reconfigure(std::vector<SourceOptions> sources, TailerOptions follow) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->new_sources = State::NewSources{std::move(sources), follow};
  }
  state_->WakeUp();
}

void TailerThread::Stop(Tailer::LastLine last_line, nanoseconds deadline, std::function<void()> stopped) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = State::StopRequest{last_line, deadline, std::move(stopped)};
  }
  state_->WakeUp();
}

std::shared_ptr<const TailerReport> TailerThread::report() const {
  const std::lock_guard lock(state_->mutex);
  return state_->report;
}

nanoseconds TailerThread::last_round() const { return state_->last_round; }

void TailerThread::Run(const std::shared_ptr<State>& state) {
  std::optional<State::StopRequest> stop;
  nanoseconds stop_at{0};
  while (state->WaitForRoom()) {
    std::optional<State::NewSources> new_sources;
    {
      const std::lock_guard lock(state->mutex);
      if (!stop && state->stop) {
        stop = std::move(state->stop);
        stop_at = state->now().steady + stop->deadline;
        state->tailer->WakeAll();
      }
      new_sources = std::exchange(state->new_sources, std::nullopt);
    }
    if (new_sources) state->tailer->Reconfigure(std::move(new_sources->sources), new_sources->follow);

    state->HearOfChanges();
    const core::Instant now = state->now();
    state->last_round = now.steady;
    Turn turn = state->tailer->Poll(now);
    const bool more = turn.more;
    const nanoseconds next_poll = turn.next_poll;
    if (state->watcher && (turn.directories_changed || (turn.discovered && !state->watcher->complete()))) {
      state->watcher->Watch(state->tailer->directories());
    }
    for (const std::string& path : turn.closed) {
      std::erase_if(state->options.streams, [&](const os::InputStream& stream) { return stream.path == path; });
    }
    state->HandOver(std::move(turn));
    state->MakeReport();
    if (stop && (!more || now.steady >= stop_at)) break;
    if (more) continue;
    // What the kernel tells meanwhile is gathered for a moment, or a busy writer would have us wake for each of its
    // lines.
    state->Wait(std::min(state->options.shortest_wait, next_poll), false);
    if (next_poll > state->options.shortest_wait) state->Wait(next_poll - state->options.shortest_wait, true);
  }
  if (!stop) return;
  if (stop->last_line == Tailer::LastLine::kUse) state->HandOver(state->tailer->Finish());
  state->report_due = true;
  state->next_report = nanoseconds{0};
  state->MakeReport();
  const std::lock_guard lock(state->mutex);
  if (!state->abandoned) stop->stopped();
}

}  // namespace lossd::sources
