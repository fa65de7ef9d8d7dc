#include "web/live_feed.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace lossd::web {
namespace {

/// Differs as good as always where a sample has come, or a regime or the job's state has changed.
std::uint64_t Fingerprint(const core::Job& job) {
  std::uint64_t print = static_cast<std::uint64_t>(job.state) + 1;
  if (job.state == core::JobState::kFailed && job.failure)
    print += 16 * (static_cast<std::uint64_t>(job.failure->reason) + 1);
  for (const auto& [loss, tracker] : job.series) {
    print = print * 31 + tracker.samples() * 64 + static_cast<std::uint64_t>(tracker.regime());
  }
  return print;
}

std::uint64_t Fingerprint(const core::JobTable& jobs) {
  std::uint64_t print = jobs.jobs().size();
  for (const auto& [name, job] : jobs.jobs()) print = print * 31 + Fingerprint(job);
  return print;
}

}  // namespace

class LiveFeed::Stream : public http::BodyStream {
 public:
  explicit Stream(std::string job) : job_(std::move(job)) {}

  Next Pull(std::string& piece) override {
    if (draining_) return Next::kEnd;
    piece = std::exchange(pending_, "");
    return Next::kWait;
  }
  void SetWake(std::function<void()> wake) override { wake_ = std::move(wake); }
  void Drain() override { draining_ = true; }

  const std::string& job() const { return job_; }

  void Tick(std::uint64_t fingerprint) {
    if (fingerprint != seen_) {
      seen_ = fingerprint;
      Send("event: change\ndata: {}\n\n");
    } else if (++quiet_ >= kTicksBetweenSigns) {
      Send(":\n\n");
    }
  }

 private:
  void Send(std::string_view text) {
    quiet_ = 0;
    pending_ = text;  // in place of what the client has not taken: it would say the same
    if (wake_) wake_();
  }

  std::string job_, pending_ = "event: change\ndata: {}\n\n";
  std::optional<std::uint64_t> seen_;
  int quiet_ = 0;
  bool draining_ = false;
  std::function<void()> wake_;
};

std::shared_ptr<http::BodyStream> LiveFeed::Open(std::string job) {
  std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
  if (streams_.size() >= kMaxStreams) return nullptr;
  auto stream = std::make_shared<Stream>(std::move(job));
  streams_.push_back(stream);
  return stream;
}

void LiveFeed::Tick() {
  std::optional<std::uint64_t> all;
  for (const auto& weak : streams_) {
    const auto stream = weak.lock();
    if (!stream) continue;
    if (stream->job().empty()) {
      if (!all) all = Fingerprint(jobs_);
      stream->Tick(*all);
    } else {
      const core::Job* job = jobs_.Find(stream->job());
      stream->Tick(job == nullptr ? 0 : Fingerprint(*job));
    }
  }
}

}  // namespace lossd::web
