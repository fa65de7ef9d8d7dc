// What pages that are open hear of changes: server-sent events.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/job_table.h"
#include "http/body_stream.h"

namespace lossd::web {

/// An event says only that something has changed, so that a page asks for what it shows: a slow client misses nothing,
/// and no queue is kept for anybody.
class LiveFeed {
 public:
  static constexpr std::size_t kMaxStreams = 256;
  static constexpr int kTicksBetweenSigns = 15;  ///< without a change: so that a dead client is noticed

  /// `jobs` must outlive the feed.
  explicit LiveFeed(const core::JobTable& jobs) : jobs_(jobs) {}

  /// A stream of `event: change`, one at once and one for each Tick before which `job` ("": any job) has changed.
  /// nullptr where too many are open.
  std::shared_ptr<http::BodyStream> Open(std::string job);
  void Tick();

 private:
  class Stream;

  const core::JobTable& jobs_;
  std::vector<std::weak_ptr<Stream>> streams_;
};

}  // namespace lossd::web
