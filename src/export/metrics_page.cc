#include "export/metrics_page.h"

#include <string>

namespace lossd::exporter {
namespace {

std::size_t LikelySize(const core::JobTable& jobs) {
  constexpr std::size_t kLinesOfASeries = 60, kBytesOfALine = 100;
  return kLinesOfASeries * (jobs.series() * kBytesOfALine + jobs.label_bytes());
}

}  // namespace

std::string RenderMetrics(const core::JobTable& jobs, std::span<const prometheus::Collectable* const> parts,
                          TextFormat format, const metrics::MetricSet& without) {
  PagePieces pieces(jobs, {parts.begin(), parts.end()}, format, without);
  std::string page, piece;
  page.reserve(LikelySize(jobs));
  for (bool more = true; more;) {
    piece.clear();
    more = pieces.Next(piece);
    page += piece;
  }
  return page;
}

bool IsLargePage(const core::JobTable& jobs) {
  constexpr std::size_t kLarge = 4 << 20;
  return LikelySize(jobs) > kLarge;
}

}  // namespace lossd::exporter
