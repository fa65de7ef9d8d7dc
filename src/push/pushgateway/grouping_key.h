// The path of a push: `/metrics/job/<job>{/<label>/<value>}`, and the forms with @base64.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "core/sample.h"

namespace lossd::push {

struct GroupingKey {
  std::string job;
  core::Labels labels;  ///< without the job; an empty value is as if the label were not there

  auto operator<=>(const GroupingKey&) const = default;
};

/// A sentence for the sender.
struct PushError {
  std::string reason;
};

/// Reads the path behind `/metrics/`, still percent-encoded.
boost::system::result<GroupingKey, PushError> ParseGroupingKey(std::string_view path);

}  // namespace lossd::push
