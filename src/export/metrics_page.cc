#include "export/metrics_page.h"

#include "export/job_metrics.h"
#include "export/part_metrics.h"

namespace lossd::exporter {

std::string RenderMetrics(const core::JobTable& jobs, std::span<const prometheus::Collectable* const> parts,
                          TextFormat format, const metrics::MetricSet& without) {
  std::string page;
  JobMetrics lines(without);
  for (const auto& [name, job] : jobs.jobs()) lines.Add(job);
  lines.MoveTo(page, format);
  for (const auto& family : CollectParts(parts, without)) AppendFamily(page, family, format);
  if (format == TextFormat::kOpenMetrics) page += "# EOF\n";
  return page;
}

bool IsLargePage(const core::JobTable& jobs) {
  constexpr std::size_t kLarge = 4 << 20, kLinesOfASeries = 60, kBytesOfALine = 100;
  return kLinesOfASeries * (jobs.series() * kBytesOfALine + jobs.label_bytes()) > kLarge;
}

}  // namespace lossd::exporter
