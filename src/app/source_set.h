// All sources, begun and ended together, with their cursors in the saved state.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "core/sample_sink.h"
#include "logging/log.h"
#include "sources/source.h"
#include "state/state_saver.h"

namespace lossd::app {

/// For the thread of the io_context. What the constructor is given must outlive it, and it must outlive the sources.
class SourceSet {
 public:
  SourceSet(core::JobTable& jobs, core::SampleSink& sink, logging::Log& log, boost::asio::io_context& io,
            std::function<core::Instant()> now);

  void Add(sources::Source& source) { sources_.push_back(&source); }
  const std::vector<sources::Source*>& all() const { return sources_; }
  /// Whether any of them has something to bring samples from.
  bool has_work() const { return std::ranges::any_of(sources_, &sources::Source::has_work); }

  /// Hands each what `restored` holds for it. `state` is where cursors are saved; none: nowhere.
  void Start(const std::vector<core::Cursor>& restored, state::StateSaver* state);
  void Tick(core::Instant now);
  /// Calls `stopped` once, when all of them have.
  void Stop(sources::Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped);

 private:
  core::JobTable& jobs_;
  core::SampleSink& sink_;
  logging::Log& log_;
  boost::asio::io_context& io_;
  std::function<core::Instant()> now_;
  std::vector<sources::Source*> sources_;
  std::deque<sources::SourceHost> hosts_;  ///< one for each
  std::size_t running_ = 0;
};

}  // namespace lossd::app
