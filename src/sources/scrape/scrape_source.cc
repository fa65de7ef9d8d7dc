#include "sources/scrape/scrape_source.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "config/yaml/yaml_section.h"
#include "logging/log.h"
#include "metrics/families.h"
#include "sources/scrape/scrape_config.h"
#include "text/exposition_text.h"

namespace lossd::sources {
namespace {

constexpr std::string_view kSource = "scrape";
/// The metrics that may tell of training are looked at; nobody has more of them.
constexpr std::size_t kMostGauges = 256;

bool IsAddress(const std::string& text) { return text.starts_with("http://") || text.starts_with("https://"); }

}  // namespace

bool ScrapeSource::TakeArgument(const std::string& argument) {
  const auto url = http::ParseUrl(argument);
  if (!IsAddress(argument) || !url) return false;
  arguments_.emplace_back().url = *url;
  return true;
}

void ScrapeSource::ReadConfig(config::YamlSection& document) {
  configured_.clear();
  document.List("scrape", [this](config::YamlSection& item) { ReadScrape(item, configured_.emplace_back()); });
}

void ScrapeSource::Apply() {
  std::map<std::string, std::shared_ptr<Target>> kept;
  for (const auto* list : {&arguments_, &configured_}) {
    for (const ScrapeOptions& options : *list) {
      const std::string key = options.url.Text();
      const auto known = targets_.find(key);
      auto target = known != targets_.end() ? known->second : std::make_shared<Target>();
      const bool fresh = known == targets_.end();
      target->options = options;
      target->job = options.job.empty() ? options.url.host + ':' + options.url.port : options.job;
      if (fresh) {
        target->reader = records::GaugeReader(options.reader);
        if (const auto cursor = restored_.find(key); cursor != restored_.end()) target->reader.Load(cursor->second);
      }
      kept[key] = std::move(target);
    }
  }
  for (const auto& [key, target] : targets_) {
    if (!kept.contains(key) && host_ != nullptr) host_->forget_cursor(key);
  }
  targets_ = std::move(kept);
}

void ScrapeSource::Start(const SourceHost& host, std::vector<core::Cursor> restored) {
  for (core::Cursor& cursor : restored) restored_[cursor.key] = std::move(cursor.value);
  host_ = &host;
  targets_.clear();
  Apply();
}

void ScrapeSource::Tick(core::Instant now) {
  if (host_ == nullptr) return;
  for (const auto& [unused, target] : targets_) {
    if (target->give_up || now.steady < target->due) continue;
    target->due = now.steady + target->options.interval;
    Ask(target);
  }
}

void ScrapeSource::Ask(const std::shared_ptr<Target>& target) {
  http::ClientRequest request;
  request.url = target->options.url;
  request.headers = {{"Accept", "text/plain;version=0.0.4"}};
  http::ClientOptions client = target->options.client;
  target->give_up = http::Fetch(host_->io, std::move(request), client, [this, target](auto response) {
    target->give_up = nullptr;
    if (host_ == nullptr) return;  // it has ended
    if (!response) return Fail(*target, response.error().reason);
    if (response->status != 200) return Fail(*target, "it answers with status " + std::to_string(response->status));
    Take(*target, *response);
  });
}

void ScrapeSource::Take(Target& target, const http::ClientResponse& response) {
  std::vector<text::ExpositionSample> page;
  if (const auto error = text::ParseExposition(response.body, page)) {
    return Fail(target, "its page is malformed in line " + std::to_string(error->line) + ": " + error->reason);
  }
  std::vector<records::Gauge> gauges;
  for (text::ExpositionSample& sample : page) {
    if (sample.type == text::MetricType::kPart || !records::MayTell(sample.name, target.options.reader)) continue;
    if (gauges.size() == kMostGauges) break;
    std::ranges::sort(sample.labels);
    gauges.push_back({std::move(sample.name), std::move(sample.labels), sample.value});
  }
  ++target.scrapes["success"];
  TellState(target, true, "");
  const core::Instant now = host_->now();
  const auto samples = target.reader.Read(gauges);
  for (const core::Sample& sample : samples) {
    host_->sink.Take(target.job, target.options.labels, sample, {now, core::Origin::kLive, kSource});
  }
  if (!samples.empty()) host_->save_cursor(target.options.url.Text(), target.reader.Save());
}

void ScrapeSource::Fail(Target& target, const std::string& reason) {
  ++target.scrapes["failure"];
  TellState(target, false, reason);
}

/// Logs when it comes and when it goes, not each time.
void ScrapeSource::TellState(Target& target, bool up, const std::string& reason) {
  if (target.reported && target.up == up) return;
  target.reported = true;
  target.up = up;
  const std::string url = target.options.url.Text();
  if (up) {
    host_->log.Info("scraping", {{"url", url}, {"training_job", target.job}});
  } else {
    host_->log.Warn("cannot scrape", {{"url", url}, {"training_job", target.job}, {"error", reason}});
  }
}

void ScrapeSource::Stop(Writers, std::chrono::nanoseconds, std::function<void()> stopped) {
  boost::asio::io_context& io = host_->io;
  host_ = nullptr;
  for (const auto& [unused, target] : targets_) {
    if (const auto give_up = target->give_up) give_up();
  }
  boost::asio::post(io, std::move(stopped));
}

std::vector<prometheus::MetricFamily> ScrapeSource::Collect() const {
  metrics::Families families;
  for (const auto& [url, target] : targets_) {
    families.Add("lossd_scrape_target_up", target->up ? 1 : 0, {{"url", url}, {"training_job", target->job}});
  }
  std::map<std::string, std::uint64_t> results;
  for (const auto& [unused, target] : targets_) {
    for (const auto& [result, count] : target->scrapes) results[result] += count;
  }
  families.AddEach("lossd_scrape_requests_total", "result", results);
  return families.Take();
}

}  // namespace lossd::sources
