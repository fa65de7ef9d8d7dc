#include "app/remote_writing.h"

#include <algorithm>
#include <utility>

#include "config/yaml/http_client_section.h"
#include "config/yaml/yaml_section.h"
#include "metrics/families.h"

namespace lossd::app {
namespace {

void ReadReceiver(config::YamlSection& item, exporter::RemoteWriteOptions& options) {
  std::string url = "http://localhost:9090/api/v1/write";
  item.Text("url", url, [](const std::string& text) {
    return http::ParseUrl(text) ? "" : "not an address of the form http://host:port/path, without a user";
  });
  if (const auto parsed = http::ParseUrl(url)) options.url = *parsed;
  item.Map("labels", options.labels, config::CheckAddedLabel);
  item.Time("interval", options.interval, std::chrono::seconds(1), std::chrono::hours(1));
  item.Count("capacity", options.capacity, 1000, 100'000'000);
  item.Count("max_samples_per_send", options.max_samples_per_send, 1, 100'000);
  item.Time("min_backoff", options.min_backoff, std::chrono::milliseconds(10), std::chrono::hours(1));
  item.Time("max_backoff", options.max_backoff, std::chrono::milliseconds(10), std::chrono::hours(1));
  if (options.max_backoff < options.min_backoff) item.Fail("max_backoff", "less than min_backoff");
  config::ReadHttpClient(item, options.client);
}

}  // namespace

void RemoteWriting::ReadConfig(config::YamlSection& document) {
  configured_.clear();
  document.List("remote_write", [this](config::YamlSection& item) { ReadReceiver(item, configured_.emplace_back()); });
}

void RemoteWriting::Apply() {
  if (io_ == nullptr) return;
  std::vector<std::unique_ptr<exporter::RemoteWriter>> kept;
  for (const exporter::RemoteWriteOptions& options : configured_) {
    const auto known = std::ranges::find_if(
        writers_, [&](const auto& writer) { return writer && writer->options().url.Text() == options.url.Text(); });
    if (known != writers_.end()) {
      kept.push_back(std::move(*known));
    } else {
      kept.push_back(std::make_unique<exporter::RemoteWriter>(*io_, *log_, options));
    }
  }
  writers_ = std::move(kept);
}

void RemoteWriting::Start(boost::asio::io_context& io, logging::Log& log, std::function<std::string()> page) {
  io_ = &io;
  log_ = &log;
  page_ = std::move(page);
  Apply();
}

void RemoteWriting::Tick(core::Instant now) {
  for (const auto& writer : writers_) writer->Tick(now, page_);
}

void RemoteWriting::Stop(core::Instant now, std::chrono::nanoseconds deadline, std::function<void()> done) {
  if (writers_.empty()) return done();
  const auto left = std::make_shared<std::size_t>(writers_.size());
  const auto one_less = [left, done = std::move(done)] {
    if (--*left == 0) done();
  };
  for (const auto& writer : writers_) writer->Stop(now, page_, deadline, one_less);
}

std::vector<prometheus::MetricFamily> RemoteWriting::Collect() const {
  metrics::Families families;
  for (const auto& writer : writers_) {
    const exporter::RemoteWriteCounts counts = writer->counts();
    const std::string url = writer->options().url.Text();
    families.Add("lossd_remote_write_sent_samples_total", counts.sent, {{"url", url}});
    families.Add("lossd_remote_write_pending_samples", counts.pending, {{"url", url}});
    families.Add("lossd_remote_write_retries_total", counts.retries, {{"url", url}});
    families.Add("lossd_remote_write_dropped_samples_total", counts.overflow, {{"url", url}, {"reason", "overflow"}});
    families.Add("lossd_remote_write_dropped_samples_total", counts.refused, {{"url", url}, {"reason", "refused"}});
  }
  return families.Take();
}

}  // namespace lossd::app
