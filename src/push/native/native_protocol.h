// The native protocol: `POST /api/v1/samples`.
#pragma once

#include <string_view>
#include <vector>

#include "push/protocol.h"

namespace lossd::push {

/// Samples as JSON (see sample_json.h). The answer is 200 `{"accepted":N}`, or, where some fail, 207 with `rejected`, a
/// list of `{"index":…,"field":…,"reason":…}`; 400 where none is accepted. A member that is
/// probably misspelt is in `warnings`, a list of the same form. Where all samples of a body say when they
/// were taken, they are put into that order.
class NativeProtocol : public Protocol {
 public:
  std::vector<std::string_view> sample_sources() const override { return {kSource}; }
  std::vector<http::Route> Routes(const ProtocolHost& host) override;

 private:
  static constexpr std::string_view kSource = "http";
};

}  // namespace lossd::push
