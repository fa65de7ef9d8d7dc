#include "cli/output_pump.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace lossd::cli {
namespace {

/// What a pipe that is ready takes at once: no write waits, so that a kill never comes in the middle of one.
constexpr std::size_t kAtOnce = 4096;
/// Stands where nothing was read yet. No text in UTF-8 contains it.
constexpr char kUnread = '\xff';

bool IsReady(int descriptor, short events) {
  pollfd waiting{descriptor, events, 0};
  return poll(&waiting, 1, 0) > 0;
}

}  // namespace

struct OutputPump::Pending {
  char bytes[kChunk];
  /// Where what was read begins and ends that is not yet written, in one word: it changes as a whole or not at all.
  std::atomic<std::uint64_t> range{0};
  static constexpr std::uint64_t kReading = ~std::uint64_t{0};

  Pending() { std::memset(bytes, kUnread, kChunk); }

  /// From here to the next Set(), a kill leaves only the bytes to tell how many of them the system had given.
  void StartReading() {
    std::memset(bytes, kUnread, end());
    range = kReading;
  }
  void Recover() {
    if (range != kReading) return;
    std::size_t count = kChunk;
    while (count > 0 && bytes[count - 1] == kUnread) --count;
    Set(0, count);
  }
  void Set(std::size_t begin, std::size_t end) { range = std::uint64_t{begin} << 32 | end; }
  std::size_t begin() const { return range >> 32; }
  std::size_t end() const { return range & 0xffffffff; }
  bool empty() const { return begin() == end(); }
};

OutputPump::OutputPump(std::vector<PumpedStream> streams) : shared_bytes_(streams.size() * sizeof(Pending)) {
  shared_ = mmap(nullptr, shared_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared_ == MAP_FAILED) throw std::bad_alloc();
  for (std::size_t i = 0; i < streams.size(); ++i) {
    Stream& stream = streams_.emplace_back();
    stream.ends = streams[i];
    stream.pending = new (static_cast<char*>(shared_) + i * sizeof(Pending)) Pending;
  }
}

OutputPump::~OutputPump() { munmap(shared_, shared_bytes_); }

bool OutputPump::MayRead(const Stream& stream) {
  const bool daemon_is_behind = stream.ends.copy >= 0 && !stream.copy_hangs && stream.backlog.size() >= kBacklog;
  return !stream.ended && stream.pending->empty() && !daemon_is_behind;
}

void OutputPump::AddTo(std::vector<pollfd>& waiting) const {
  for (const Stream& stream : streams_) {
    if (MayRead(stream)) waiting.push_back({stream.ends.source, POLLIN, 0});
    if (!stream.pending->empty()) waiting.push_back({stream.ends.target, POLLOUT, 0});
    if (stream.ends.copy >= 0 && !stream.backlog.empty()) waiting.push_back({stream.ends.copy, POLLOUT, 0});
  }
}

void OutputPump::Turn(std::chrono::nanoseconds now) {
  for (Stream& stream : streams_) {
    if (MayRead(stream) && IsReady(stream.ends.source, POLLIN)) Read(stream);
    Write(stream);
    Copy(stream, now);
  }
}

void OutputPump::Read(Stream& stream) {
  Pending& pending = *stream.pending;
  ssize_t count = 0;
  pending.StartReading();
  do {
    count = read(stream.ends.source, pending.bytes, kChunk);
  } while (count < 0 && errno == EINTR);
  pending.Set(0, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0 && errno == EAGAIN) return;
  // A pseudo-terminal whose last writer has gone says EIO where a pipe says 0.
  if (count <= 0) {
    stream.ended = true;
    return;
  }
  if (stream.ends.copy < 0) return;
  if (stream.copy_hangs) {
    // A line of which a part is missing must not become one with the next.
    if (stream.backlog.empty() || stream.backlog.back() != '\n') stream.backlog += '\n';
    return;
  }
  stream.backlog.append(pending.bytes, static_cast<std::size_t>(count));
}

void OutputPump::Write(Stream& stream) {
  Pending& pending = *stream.pending;
  while (!pending.empty()) {
    if (stream.ends.target < 0) return pending.Set(pending.end(), pending.end());
    if (!IsReady(stream.ends.target, POLLOUT)) return;
    const std::size_t begin = pending.begin();
    const std::size_t size = std::min(pending.end() - begin, kAtOnce);
    const ssize_t count = write(stream.ends.target, pending.bytes + begin, size);
    if (count > 0) {
      pending.Set(begin + static_cast<std::size_t>(count), pending.end());
    } else if (count < 0 && errno == EAGAIN) {
      return;
    } else if (count < 0 && errno != EINTR) {
      stream.ends.target = -1;
    }
  }
}

void OutputPump::Copy(Stream& stream, std::chrono::nanoseconds now) {
  if (stream.ends.copy < 0) {
    stream.backlog.clear();
    return;
  }
  if (stream.backlog.empty()) {
    stream.progress = now;
    return;
  }
  while (stream.sent < stream.backlog.size()) {
    const ssize_t count =
        write(stream.ends.copy, stream.backlog.data() + stream.sent, stream.backlog.size() - stream.sent);
    if (count > 0) {
      stream.sent += static_cast<std::size_t>(count);
      stream.progress = now;
      stream.copy_hangs = false;
    } else if (count < 0 && errno == EAGAIN) {
      break;
    } else if (count < 0 && errno != EINTR) {
      close(std::exchange(stream.ends.copy, -1));  // the daemon has gone
      stream.backlog.clear();
      stream.sent = 0;
      return;
    }
  }
  if (stream.sent == stream.backlog.size()) {
    stream.backlog.clear();
    stream.sent = 0;
  } else if (stream.sent >= kBacklog / 2) {
    stream.backlog.erase(0, std::exchange(stream.sent, 0));
  }
  stream.copy_hangs = stream.copy_hangs || (stream.backlog.size() >= kBacklog && now - stream.progress > kPatience);
}

void OutputPump::RunToEnd() {
  for (Stream& stream : streams_) stream.pending->Recover();
  std::vector<pollfd> waiting;
  while (!passed_on()) {
    waiting.clear();
    AddTo(waiting);
    const std::chrono::milliseconds longest = kPatience;
    poll(waiting.data(), waiting.size(), static_cast<int>(longest.count()));
    Turn(std::chrono::steady_clock::now().time_since_epoch());
  }
}

bool OutputPump::passed_on() const {
  return std::ranges::all_of(streams_, [](const Stream& s) { return s.ended && s.pending->empty(); });
}

bool OutputPump::done() const {
  return passed_on() && std::ranges::all_of(streams_, [](const Stream& s) {
           return s.ends.copy < 0 || s.backlog.empty() || s.copy_hangs;
         });
}

void OutputPump::CloseSources() {
  for (Stream& stream : streams_) {
    if (stream.ends.source >= 0) close(std::exchange(stream.ends.source, -1));
    stream.ended = true;
  }
}

void OutputPump::CloseCopies() {
  for (Stream& stream : streams_) {
    if (stream.ends.copy >= 0) close(std::exchange(stream.ends.copy, -1));
    stream.backlog.clear();
    stream.sent = 0;
  }
}

}  // namespace lossd::cli
