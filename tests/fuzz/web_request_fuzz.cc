// Any head of a request before the gate: who may ask is decided without a fault, and nobody gets in who has neither a
// password nor a token.
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "config/web_config.h"
#include "fuzz/require.h"
#include "http/message.h"
#include "web/authenticator.h"
#include "web/request_origin.h"

namespace {

using lossd::fuzz::Require;
using namespace lossd;

/// The path, then a header a line.
http::Request HeadOf(std::string_view text) {
  http::Request head;
  head.method = "POST";
  bool first = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (std::exchange(first, false)) {
      head.path = line;
    } else {
      head.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 1, line.size())));
    }
  }
  return head;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const http::Request head = HeadOf(fuzz::Text(data, size));
  const std::vector<std::string> allowed = {"lossd.example.org"};
  for (const auto effect : {web::Effect::kNone, web::Effect::kChanges}) {
    web::RefuseForeign(head, effect, {});
    web::RefuseForeign(head, effect, allowed);
  }
  config::WebConfig config;
  config.bearer_tokens = {"the-token-that-nobody-guesses"};
  config.unauthenticated_paths = {"/free/*"};
  for (const auto access : {http::Access::kRead, http::Access::kIngest, http::Access::kAdminister}) {
    web::Authenticator authenticator([access](const http::Request&) { return access; },
                                     [](std::function<void()> task) { task(); });
    authenticator.Apply(config);
    const auto verdict = authenticator.Check(head, [](http::Verdict) {});
    if (access == http::Access::kAdminister) Require(verdict && verdict->refusal);
  }
  return 0;
}
