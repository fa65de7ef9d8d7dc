// Trainers that expose their own metrics page are asked for it again and again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/sample.h"
#include "http/client/client.h"
#include "records/gauge_reader.h"
#include "sources/source.h"

namespace lossd::sources {

/// One page: what `scrape:` in the configuration says of it, or an argument `http://...` with every default.
struct ScrapeOptions {
  http::Url url;
  std::string job;  ///< the training job's name; "": host and port
  core::Labels labels;
  std::chrono::nanoseconds interval = std::chrono::seconds(5);
  records::ReaderOptions reader;
  http::ClientOptions client;
};

/// Reads Prometheus text: see records::GaugeReader for which gauges are samples, and when. A page that does not parse
/// gives none. Cursors say what the last page told, by URL, so that it is not told again after a restart.
class ScrapeSource : public Source {
 public:
  std::string_view name() const override { return "scrape"; }
  bool has_work() const override { return !arguments_.empty() || !targets_.empty(); }
  bool TakeArgument(const std::string& argument) override;
  void ReadConfig(config::YamlSection& document) override;
  void Apply() override;
  void Start(const SourceHost& host, std::vector<core::Cursor> restored) override;
  void Tick(core::Instant now) override;
  void Stop(Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped) override;
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Target {
    ScrapeOptions options;
    std::string job;
    records::GaugeReader reader;
    std::chrono::nanoseconds due{0};
    std::function<void()> give_up;                 ///< of the request on its way; none
    bool up = false, reported = false;             ///< reported: the log knows whether it is up
    std::map<std::string, std::uint64_t> scrapes;  ///< by result
  };

  void Ask(const std::shared_ptr<Target>& target);
  void Take(Target& target, const http::ClientResponse& response);
  void Fail(Target& target, const std::string& reason);
  void TellState(Target& target, bool up, const std::string& reason);

  std::vector<ScrapeOptions> arguments_, configured_;
  std::map<std::string, std::shared_ptr<Target>> targets_;  ///< by URL
  std::map<std::string, std::string> restored_;
  const SourceHost* host_ = nullptr;
};

}  // namespace lossd::sources
