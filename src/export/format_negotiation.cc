// Which form of the metrics page an Accept header asks for.
#include <algorithm>
#include <optional>

#include "export/metrics_page.h"
#include "text/weighted_list.h"

namespace lossd::exporter {

TextFormat NegotiateFormat(std::string_view accept) {
  double openmetrics = 0;
  std::optional<double> plain, any_text, any;
  for (const auto& [type, version, quality] : text::ParseWeightedList(accept)) {
    if (type == "application/openmetrics-text" && (version.empty() || version == "1.0.0")) {
      openmetrics = std::max(openmetrics, quality);
    } else if (type == "text/plain" && (version.empty() || version == "0.0.4")) {
      plain = std::max(plain.value_or(0), quality);
    } else if (type == "text/*") {
      any_text = quality;
    } else if (type == "*/*") {
      any = quality;
    }
  }
  // Nobody names OpenMetrics by accident: it wins where both are wanted alike.
  const double text = plain.value_or(any_text.value_or(any.value_or(0)));
  return openmetrics > 0 && openmetrics >= text ? TextFormat::kOpenMetrics : TextFormat::kPrometheus;
}

std::string_view ContentType(TextFormat format) {
  return format == TextFormat::kOpenMetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                            : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace lossd::exporter
