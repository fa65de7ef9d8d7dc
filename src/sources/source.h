// What brings samples by itself: files that grow, endpoints that are scraped, topics that are read. Adding one
// is a folder beside this file and a line in src/app/parts.cc.
#pragma once

#include <prometheus/collectable.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cursor.h"
#include "core/sample.h"
#include "core/sample_sink.h"

namespace boost::asio {
class io_context;
}
namespace lossd::core {
class JobTable;
}
namespace lossd::config {
class YamlSection;
}
namespace lossd::logging {
class Log;
}

namespace lossd::sources {

/// What the daemon gives a source to work with; it outlives the source. The sink and both functions for cursors are for
/// the thread of the io_context alone: a source with a thread of its own posts there, in turns that are bounded, so
/// that a scrape never waits behind a backlog.
struct SourceHost {
  core::SampleSink& sink;
  logging::Log& log;
  boost::asio::io_context& io;
  std::function<core::Instant()> now;  ///< may be called on any thread
  /// Where the source stands once the samples that it has handed over are taken. To be called in the same turn as the
  /// sink, or a save in between would count samples twice or lose them.
  std::function<void(const std::string& key, std::string value)> save_cursor;
  std::function<void(const std::string& key)> forget_cursor;
  core::JobTable* jobs =
      nullptr;  ///< for a source that keeps the state of its jobs itself (see JobTable::KeepElsewhere)
};

/// Whether those who write what a source reads may go on after us.
enum class Writers : std::uint8_t {
  kMayGoOn,
  kHaveEnded,  ///< what is not finished (a line without its end) never will be, and is used as it is
};

/// What the status page says of one place that samples come from, beside its counters.
struct InputStatus {
  struct Line {
    std::string_view reason;
    std::string text;  ///< any bytes
  };
  std::string path;  ///< as in the label of its counters
  std::string job;
  std::uint64_t bytes_read = 0;
  std::vector<Line> ignored;         ///< the last that gave no sample, the newest last
  std::vector<std::string> silence;  ///< why nothing is read from it, the likeliest first; empty where all is well
};

/// One for the life of the process. All methods are for the thread of the io_context. What Collect returns is the
/// source's own counters, by names that metrics/catalog.h holds.
class Source : public prometheus::Collectable {
 public:
  /// Of its cursors in the saved state: never to be changed.
  virtual std::string_view name() const = 0;
  /// Values of the label `source` under which its samples are counted.
  virtual std::vector<std::string_view> sample_sources() const { return {name()}; }

  /// An argument of `lossd serve` (a path, a URL). False where it is not for this source. Before Start.
  virtual bool TakeArgument(const std::string&) { return false; }
  /// Whether there is anything that it will bring samples from: a pipeline that waits for nothing else ends with its
  /// input.
  virtual bool has_work() const = 0;
  /// Asks the document's mapping for its own keys (see config/yaml/yaml_section.h). What is read is in force only after
  /// Apply: the document may yet be refused.
  virtual void ReadConfig(config::YamlSection&) {}
  virtual void Apply() {}
  virtual std::vector<InputStatus> Inputs() const { return {}; }

  /// Begins. `restored` are the cursors that were saved under its name; those that it does not save anew stay as they
  /// are for an hour. `host` outlives the source.
  virtual void Start(const SourceHost& host, std::vector<core::Cursor> restored) = 0;
  /// Called every second.
  virtual void Tick(core::Instant) {}
  /// Hands over what is there by now, as far as `deadline` from now allows, and ends; then calls `stopped`, unless it
  /// hangs.
  virtual void Stop(Writers writers, std::chrono::nanoseconds deadline, std::function<void()> stopped) = 0;
};

}  // namespace lossd::sources
