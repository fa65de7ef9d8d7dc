// Sends the metrics page to a receiver of Prometheus remote write, for jobs that nobody can scrape.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "export/remote_write/sample_queue.h"
#include "http/client/client.h"

namespace boost::asio {
class io_context;
}
namespace lossd::logging {
class Log;
}

namespace lossd::exporter {

/// One item of `remote_write` in the configuration.
struct RemoteWriteOptions {
  http::Url url;
  core::Labels labels;  ///< for every series, beside `job` ("lossd") and `instance` (the host's name)
  std::chrono::nanoseconds interval = std::chrono::seconds(15);
  std::size_t capacity = 100000;  ///< samples
  std::size_t max_samples_per_send = 2000;
  std::chrono::nanoseconds min_backoff = std::chrono::seconds(1), max_backoff = std::chrono::minutes(1);
  http::ClientOptions client;
};

struct RemoteWriteCounts {
  std::uint64_t sent = 0;      ///< samples
  std::uint64_t retries = 0;   ///< requests
  std::uint64_t refused = 0;   ///< samples that the receiver does not want
  std::uint64_t overflow = 0;  ///< samples that had to make room
  std::size_t pending = 0;     ///< samples
};

/// At each interval the page becomes samples of one time. They are sent in order, one request at a time; a request that
/// fails in the network, with 429 or with 5xx is sent again, after a pause that doubles; any other failure drops its
/// samples. A series that has left the page gets a staleness marker, as Prometheus would have set it.
///
/// Requests are those of remote write 2.0 until the receiver shows that it knows 1.0 alone: it refuses the kind of
/// body, or does not say how many samples it took, as one does that finds nothing it knows in it. What it was sent is
/// sent again then, as 1.0.
class RemoteWriter {
 public:
  RemoteWriter(boost::asio::io_context& io, logging::Log& log, RemoteWriteOptions options);
  ~RemoteWriter();
  RemoteWriter(const RemoteWriter&) = delete;
  RemoteWriter& operator=(const RemoteWriter&) = delete;

  /// Every second. `page` gives the metrics page as Prometheus text; asked for only when it is due.
  void Tick(core::Instant now, const std::function<std::string()>& page);
  /// The last page, then staleness markers for all; `done` is called once they are sent, or cannot be within
  /// `deadline`.
  void Stop(core::Instant now, const std::function<std::string()>& page, std::chrono::nanoseconds deadline,
            std::function<void()> done);

  const RemoteWriteOptions& options() const { return options_; }
  RemoteWriteCounts counts() const;

 private:
  struct State;
  void Collect(core::Instant now, const std::string& page);
  void Send();
  void Answered(std::size_t count, const boost::system::result<http::ClientResponse, http::ClientError>& response);
  enum class Version : std::uint8_t { kTry2, k2, k1 };
  void FallBack(const std::string& reason);
  void Retry(const std::string& reason, std::string_view retry_after);
  void SetTrouble(const std::string& reason);
  void MaybeDone();

  RemoteWriteOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::exporter
