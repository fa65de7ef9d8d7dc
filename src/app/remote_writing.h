// Remote write to every receiver that the configuration names.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/sample.h"
#include "export/remote_write/remote_writer.h"

namespace lossd::config {
class YamlSection;
}

namespace lossd::app {

/// For the thread of the io_context.
class RemoteWriting : public prometheus::Collectable {
 public:
  /// Reads `remote_write`; in force after Apply.
  void ReadConfig(config::YamlSection& document);
  /// A receiver whose address stays keeps what is still to be sent to it, and its old settings.
  void Apply();

  /// `page` gives the metrics page as Prometheus text.
  void Start(boost::asio::io_context& io, logging::Log& log, std::function<std::string()> page);
  void Tick(core::Instant now);
  /// Sends the last values; then calls `done`, or after `deadline`.
  void Stop(core::Instant now, std::chrono::nanoseconds deadline, std::function<void()> done);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::vector<exporter::RemoteWriteOptions> configured_;
  std::vector<std::unique_ptr<exporter::RemoteWriter>> writers_;
  boost::asio::io_context* io_ = nullptr;
  logging::Log* log_ = nullptr;
  std::function<std::string()> page_;
};

}  // namespace lossd::app
