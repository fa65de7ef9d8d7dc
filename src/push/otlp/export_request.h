// The bodies of OTLP's metrics exports, in protobuf and in JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lossd::push {

using OtlpAttributes = std::vector<std::pair<std::string, std::string>>;  ///< values as text; sorted by name
/// The value of the attribute of that name, or null.
const std::string* FindAttribute(const OtlpAttributes& attributes, std::string_view name);

struct OtlpPoint {
  enum class Kind : std::uint8_t {
    kLast,        ///< of a gauge or of a sum since its start: the value as it stands
    kDelta,       ///< of a sum: what came on top
    kTotals,      ///< of a histogram since its start: sum and count
    kDeltaTotals  ///< of a histogram: what came on top
  };
  std::string name;
  Kind kind = Kind::kLast;
  OtlpAttributes attributes;
  double value = 0;         ///< of a histogram its sum
  std::uint64_t count = 0;  ///< of a histogram
  std::uint64_t time = 0;   ///< nanoseconds since 1970; 0 where it has none
};

struct OtlpResource {
  OtlpAttributes attributes;
  std::vector<OtlpPoint> points;  ///< of gauges, sums and histograms; those without a recorded value left out
};

struct OtlpExport {
  std::vector<OtlpResource> resources;
  std::string error;  ///< why the body is no export; "" where it is
};

OtlpExport ParseOtlpProtobuf(std::string_view body);
OtlpExport ParseOtlpJson(std::string_view body);

/// An answer's body in either form; `rejected` is 0 and `message` "" where all was taken.
std::string OtlpAnswer(bool json, std::uint64_t rejected, std::string_view message);
/// The body of an answer that is an error.
std::string OtlpError(bool json, std::string_view message);

}  // namespace lossd::push
