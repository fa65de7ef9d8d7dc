#include "export/remote_write/remote_writer.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <utility>

#include "logging/log.h"
#include "text/exposition_text.h"

namespace lossd::exporter {
namespace {

namespace asio = boost::asio;

std::string HostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof(name) - 1) == 0 && name[0] != 0 ? name : "localhost";
}

/// Equal for equal sets of labels.
std::string KeyOf(const text::ExpositionSample& sample) {
  std::string key = sample.name;
  for (const auto& [name, value] : sample.labels) key += '\xFF' + name + '\xFE' + value;
  return key;
}

bool IsTransient(unsigned status) { return status == 429 || status >= 500; }

/// What receivers answer to a body of a kind that they do not know.
bool MeansUnknownBody(unsigned status) { return status == 400 || status == 406 || status == 415; }

/// How many samples a receiver of 2.0 says that it took; nothing where it does not say.
std::optional<std::size_t> WrittenSamples(const http::ClientResponse& response) {
  const std::string_view text = response.header("x-prometheus-remote-write-samples-written");
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

}  // namespace

struct RemoteWriter::State {
  State(asio::io_context& io_, logging::Log& log_, std::size_t capacity)
      : io(io_), log(log_), queue(capacity), timer(io_), end(io_) {}

  asio::io_context& io;
  logging::Log& log;
  SampleQueue queue;
  RemoteWriteCounts counts;
  std::map<std::string, std::shared_ptr<const RemoteLabels>> series;  ///< of the last page
  Version version = Version::kTry2;
  std::chrono::nanoseconds due{0}, backoff{0};
  asio::steady_timer timer, end;
  std::function<void()> give_up;  ///< of the request on its way; none
  bool waiting = false, stopping = false;
  bool trouble = false;  ///< the log knows that it does not work
  std::function<void()> done;
  std::shared_ptr<char> alive = std::make_shared<char>();  ///< answers that come later find it gone
};

RemoteWriter::RemoteWriter(asio::io_context& io, logging::Log& log, RemoteWriteOptions options)
    : options_(std::move(options)), state_(std::make_unique<State>(io, log, options_.capacity)) {
  options_.labels.try_emplace("job", "lossd");
  options_.labels.try_emplace("instance", HostName());
}

RemoteWriter::~RemoteWriter() {
  state_->alive.reset();
  if (const auto give_up = state_->give_up) give_up();
}

RemoteWriteCounts RemoteWriter::counts() const {
  RemoteWriteCounts counts = state_->counts;
  counts.overflow = state_->queue.dropped();
  counts.pending = state_->queue.size();
  return counts;
}

void RemoteWriter::Tick(core::Instant now, const std::function<std::string()>& page) {
  if (state_->stopping || now.steady < state_->due) return;
  state_->due = now.steady + options_.interval;
  Collect(now, page());
  Send();
}

void RemoteWriter::Collect(core::Instant now, const std::string& page) {
  std::vector<text::ExpositionSample> samples;
  if (const auto error = text::ParseExposition(page, samples)) {
    state_->log.Error("cannot read our own metrics page", {{"line", error->line}, {"error", error->reason}});
    return;
  }
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(now.wall.time_since_epoch()).count();
  std::map<std::string, std::shared_ptr<const RemoteLabels>> series;
  for (text::ExpositionSample& sample : samples) {
    const std::string key = KeyOf(sample);
    auto& labels = series[key];
    if (const auto known = state_->series.find(key); known != state_->series.end()) {
      labels = known->second;
    } else {
      RemoteLabels fresh = std::move(sample.labels);
      fresh.emplace_back("__name__", std::move(sample.name));
      // A label of the series' own wins.
      for (const auto& [name, value] : options_.labels) {
        if (std::ranges::find(fresh, name, &std::pair<std::string, std::string>::first) == fresh.end())
          fresh.emplace_back(name, value);
      }
      std::erase_if(fresh, [](const auto& label) { return label.second.empty(); });
      std::ranges::sort(fresh);
      labels = std::make_shared<const RemoteLabels>(std::move(fresh));
    }
    state_->queue.Push({labels, sample.value, time, sample.type});
  }
  for (const auto& [key, labels] : state_->series) {
    if (!series.contains(key)) state_->queue.Push({labels, StaleMarker(), time});
  }
  state_->series = std::move(series);
}

void RemoteWriter::Send() {
  if (state_->give_up || state_->waiting) return;
  const std::vector<RemoteSample> samples = state_->queue.Front(options_.max_samples_per_send);
  if (samples.empty()) return MaybeDone();
  http::ClientRequest request;
  request.method = "POST";
  request.url = options_.url;
  const bool is_1 = state_->version == Version::k1;
  request.headers = {
      {"Content-Type", is_1 ? "application/x-protobuf" : "application/x-protobuf;proto=io.prometheus.write.v2.Request"},
      {"Content-Encoding", "snappy"},
      {"X-Prometheus-Remote-Write-Version", is_1 ? "0.1.0" : "2.0.0"}};
  request.body = is_1 ? EncodeWriteRequest(samples) : EncodeWriteRequestV2(samples);
  state_->give_up =
      http::Fetch(state_->io, std::move(request), options_.client,
                  [this, count = samples.size(), alive = std::weak_ptr(state_->alive)](const auto& response) {
                    if (!alive.expired()) Answered(count, response);
                  });
}

void RemoteWriter::Answered(std::size_t count,
                            const boost::system::result<http::ClientResponse, http::ClientError>& response) {
  state_->give_up = nullptr;
  if (!response) return Retry(response.error().reason, "");
  const std::string status = "status " + std::to_string(response->status) + ": " + response->body.substr(0, 200);
  if (IsTransient(response->status)) return Retry(status, response->header("retry-after"));
  const bool taken = response->status / 100 == 2;
  const auto written = WrittenSamples(*response);
  if (state_->version == Version::kTry2 && MeansUnknownBody(response->status) && !written) return FallBack(status);
  if (state_->version == Version::k2 && response->status == 415) return FallBack(status);
  if (state_->version != Version::k1 && taken && !written) return FallBack("it does not say how many samples it took");
  if (state_->version == Version::kTry2 && taken) state_->version = Version::k2;
  state_->queue.Pop(count);
  state_->backoff = {};
  // Sent again, those that were refused would be refused again, and would keep back what follows.
  const std::size_t sent = taken ? count : std::min(count, written.value_or(0));
  state_->counts.sent += sent;
  state_->counts.refused += count - sent;
  SetTrouble(taken ? "" : status);
  Send();
}

void RemoteWriter::FallBack(const std::string& reason) {
  state_->version = Version::k1;
  state_->log.Info("remote write speaks 1.0 from now on", {{"url", options_.url.Text()}, {"reason", reason}});
  Send();
}

void RemoteWriter::Retry(const std::string& reason, std::string_view retry_after) {
  ++state_->counts.retries;
  SetTrouble(reason);
  state_->backoff = std::clamp(state_->backoff * 2, options_.min_backoff, options_.max_backoff);
  std::chrono::nanoseconds pause = state_->backoff;
  int seconds = 0;
  if (std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds).ec == std::errc() &&
      seconds > 0) {
    pause = std::clamp<std::chrono::nanoseconds>(std::chrono::seconds(seconds), pause, options_.max_backoff);
  }
  state_->waiting = true;
  state_->timer.expires_after(pause);
  state_->timer.async_wait([this, alive = std::weak_ptr(state_->alive)](boost::system::error_code error) {
    if (error || alive.expired()) return;
    state_->waiting = false;
    Send();
  });
}

/// Logs when trouble comes and when it goes, not each time.
void RemoteWriter::SetTrouble(const std::string& reason) {
  if (state_->trouble == !reason.empty()) return;
  state_->trouble = !reason.empty();
  const std::string url = options_.url.Text();
  if (state_->trouble) {
    state_->log.Warn("remote write fails", {{"url", url}, {"error", reason}});
  } else {
    state_->log.Info("remote write works again", {{"url", url}});
  }
}

void RemoteWriter::Stop(core::Instant now, const std::function<std::string()>& page, std::chrono::nanoseconds deadline,
                        std::function<void()> done) {
  state_->stopping = true;
  Collect(now, page());
  // A millisecond later, so that no series has two values at one time.
  const core::Instant end{now.steady, now.wall + std::chrono::milliseconds(1)};
  Collect(end, "");
  state_->done = std::move(done);
  state_->end.expires_after(deadline);
  state_->end.async_wait([this, alive = std::weak_ptr(state_->alive)](boost::system::error_code error) {
    if (error || alive.expired() || !state_->done) return;
    state_->log.Warn("remote write did not take everything",
                     {{"url", options_.url.Text()}, {"samples", state_->queue.size()}});
    state_->timer.cancel();
    state_->waiting = true;  // nothing more is sent
    if (const auto give_up = state_->give_up) give_up();
    state_->timer.cancel();
    std::exchange(state_->done, nullptr)();
  });
  Send();
}

void RemoteWriter::MaybeDone() {
  if (!state_->done) return;
  state_->end.cancel();
  std::exchange(state_->done, nullptr)();
}

}  // namespace lossd::exporter
