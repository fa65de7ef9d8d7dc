// What a client writes into a request and the server reads as text: escapes, Accept headers, content codings.
#include <string>

#include "export/metrics_page.h"
#include "fuzz/require.h"
#include "http/content_coding.h"
#include "http/message.h"
#include "http/request_head.h"

namespace {

using lossd::fuzz::Require;
constexpr std::size_t kLimit = 1 << 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = lossd::fuzz::Text(data, size);
  const auto decoded = lossd::http::PercentDecode(text);
  if (decoded) Require(decoded->size() <= size);
  lossd::exporter::NegotiateFormat(text);
  lossd::http::AcceptsGzip(text);
  const auto target = lossd::http::SplitTarget(text);
  Require(!target.path.empty());
  lossd::http::NamesOtherHttpVersion(text);
  for (const char* coding : {"gzip", "deflate"}) {
    const auto body = lossd::http::Decode(coding, text, kLimit);
    if (body) Require(body->size() <= kLimit);
  }
  const auto packed = lossd::http::Gzip(text);
  const auto unpacked = lossd::http::Decode("gzip", packed, size);
  Require(unpacked.has_value() && *unpacked == text);
  return 0;
}
