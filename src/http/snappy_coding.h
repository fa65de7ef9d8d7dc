// Snappy bodies, as some clients of Prometheus' protocols send them.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "http/content_coding.h"

namespace lossd::http {

/// The block format, or the framing format where the body begins with its stream identifier. Never holds more than
/// `limit` bytes of result; checksums of frames are not looked at.
boost::system::result<std::string, DecodeError> Unsnappy(std::string_view body, std::size_t limit);

}  // namespace lossd::http
