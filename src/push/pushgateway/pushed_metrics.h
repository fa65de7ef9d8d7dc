// The body of a push -> its metrics.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "push/pushgateway/grouping_key.h"
#include "text/exposition_text.h"

namespace lossd::push {

/// Reads the text format, or, where the content type says so, length-delimited protobuf messages of
/// io.prometheus.client.MetricFamily; of these the gauges, counters and untyped metrics alone. The error is a sentence
/// for the sender: what does not parse, a metric with a timestamp, one given twice, a wrong name.
boost::system::result<std::vector<text::ExpositionSample>, PushError> ParsePush(std::string_view content_type,
                                                                                std::string_view body);

}  // namespace lossd::push
