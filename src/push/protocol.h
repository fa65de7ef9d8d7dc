// What a protocol by which senders push samples brings along. Adding one is a folder beside this file and a line in
// src/app/parts.cc.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "core/sample_sink.h"
#include "http/route.h"

namespace boost::asio {
class io_context;
}
namespace lossd::config {
class YamlSection;
}

namespace lossd::push {

/// What the daemon gives a protocol to work with. All of it is used on the server's thread alone.
struct ProtocolHost {
  core::SampleSink& sink;
  std::function<core::Instant()> now;
  /// Runs a task on the server's thread, behind what waits there: for work that is too much for one turn. Where there
  /// is none (in a test), such work is done at once.
  std::function<void(std::function<void()>)> post = {};
  boost::asio::io_context* io = nullptr;  ///< that of the server, for what has to ask others
  /// Tells whoever runs the server of what befalls the protocol itself: what happened, to what, and why.
  std::function<void(std::string_view message, std::string_view about, std::string_view reason)> warn = {};
};

/// One for the life of the process. What Collect returns is the protocol's own counters, by names that
/// metrics/catalog.h holds; none is fine.
class Protocol : public prometheus::Collectable {
 public:
  /// Values of the label `source` under which its samples are counted.
  virtual std::vector<std::string_view> sample_sources() const = 0;

  /// The routes, each with the access that it needs. Called once; `host` outlives the handlers, which may keep a
  /// reference to it.
  virtual std::vector<http::Route> Routes(const ProtocolHost& host) = 0;

  /// Asks the document's mapping for its own keys, which are one section (see config/yaml/yaml_section.h). What is read
  /// is in force only after Apply: the document may yet be refused.
  virtual void ReadConfig(config::YamlSection&) {}
  virtual void Apply() {}
  /// Called every second.
  virtual void Tick(core::Instant) {}

  std::vector<prometheus::MetricFamily> Collect() const override { return {}; }
};

}  // namespace lossd::push
