// The samples of a whole body of the native protocol.
#pragma once

#include <limits>
#include <string_view>

#include "push/native/sample_json.h"

namespace lossd::push {

inline SampleDocument ParseSamples(std::string_view body) {
  SampleDocument document;
  SampleReader reader(body);
  while (reader.Read(std::numeric_limits<std::size_t>::max(), document)) continue;
  return document;
}

}  // namespace lossd::push
