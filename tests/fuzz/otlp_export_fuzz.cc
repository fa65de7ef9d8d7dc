// Any bytes as an export, in both forms: each sample has a name, and the same export once more is no news where it says
// its steps.
#include <string>

#include "fuzz/require.h"
#include "push/otlp/export_request.h"
#include "push/otlp/service_reader.h"

namespace {

using lossd::fuzz::Require;

void Read(const lossd::push::OtlpExport& data) {
  Require(data.error.empty() || data.resources.empty());
  for (const lossd::push::OtlpResource& resource : data.resources) {
    lossd::push::ServiceReader reader;
    const auto samples = reader.Read(resource.points);
    Require(samples.size() <= resource.points.size() * (resource.points.size() + 1));
    for (const auto& sample : samples) Require(!sample.loss.empty());
    reader.Read(resource.points);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = lossd::fuzz::Text(data, size);
  Read(lossd::push::ParseOtlpProtobuf(bytes));
  Read(lossd::push::ParseOtlpJson(bytes));
  return 0;
}
