// The native protocol on any bytes: what is accepted is a sample, and every object of the body is listed of once.
#include <set>
#include <string>

#include "fuzz/require.h"
#include "support/parse_samples.h"

using lossd::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body = lossd::fuzz::Text(data, size);
  const auto document = lossd::push::ParseSamples(body);
  std::set<std::size_t> listed;
  for (const auto& sample : document.accepted) {
    Require(listed.insert(sample.index).second);
    Require(!sample.training_job.empty() && !sample.samples.empty());
    for (const auto& one : sample.samples) Require(!one.loss.empty());
  }
  for (const auto& rejection : document.rejected) {
    Require(listed.insert(rejection.index).second);
    Require(!rejection.reason.empty());
  }
  return 0;
}
