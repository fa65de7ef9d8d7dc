// JSON values as text, with numbers as people write them.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace lossd::exporter {

/// Like boost::json::serialize, which writes 0.5 as 5E-1: the shortest digits that give the same double again, without
/// an exponent from 1e-5 to 1e15.
std::string ToJsonText(const boost::json::value& value);

}  // namespace lossd::exporter
