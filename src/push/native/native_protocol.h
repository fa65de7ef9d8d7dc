// The native protocol: `POST /api/v1/samples`.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "push/protocol.h"

namespace lossd::push {

/// Samples as JSON (see sample_json.h). The answer is 200 `{"accepted":N}`, or, where some fail, 207 with `rejected`, a
/// list of `{"index":…,"field":…,"reason":…}`; 400 where none is accepted. A member that is probably
/// misspelt is in `warnings`, a list of the same form. The list has the first 100; where there are
/// more, `rejected_total` is their number, and `unlisted` counts those that are not listed, by reason. Where all
/// samples of a body say when they were taken, they are put into that order (of lines, 4096 at a time).
///
/// A body of more than 4096 lines is taken in several turns, so that others are served meanwhile; 503 where too many of
/// these wait.
class NativeProtocol : public Protocol {
 public:
  NativeProtocol();
  ~NativeProtocol() override;

  std::vector<std::string_view> sample_sources() const override { return {kSource}; }
  std::vector<http::Route> Routes(const ProtocolHost& host) override;

 private:
  class BodyIntake;
  struct Queue;
  std::optional<http::Response> Post(const http::Call& call, const ProtocolHost& host);

  static constexpr std::string_view kSource = "http";
  std::unique_ptr<Queue> queue_;
};

}  // namespace lossd::push
