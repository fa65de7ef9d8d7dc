// The native HTTP protocol: JSON samples, one object, an array, or one object a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"

namespace lossd::push {

struct JsonSample {
  std::string training_job;
  core::Labels labels;
  std::vector<core::Sample> samples;  ///< one for `loss`, one a member for `losses`, in the order given
  std::size_t index = 0;              ///< of the object in the body, from 0
};

struct JsonRejection {
  std::size_t index = 0;
  std::string field;  ///< the offending member, "" for the whole object
  std::string reason;
};

struct SampleDocument {
  std::vector<JsonSample> accepted;
  std::vector<JsonRejection> rejected;
  std::vector<JsonRejection> warnings;  ///< members of accepted objects that are probably misspelt
};

/// Reads a whole body. Numbers may be strings, and bare NaN, Infinity and -Infinity are taken; a timestamp may be RFC
/// 3339. Unknown members are ignored, but for a warning where the name is near that of a known one that is not there
/// (in the first objects alone). An object that is not a sample is rejected alone; text that is not JSON at all is one
/// rejection with the offset in its reason.
SampleDocument ParseSamples(std::string_view body);

}  // namespace lossd::push
