// A saved state whose checksum is right, whatever it holds: it is refused, or serves like any other.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/job_table.h"
#include "export/job_json.h"
#include "export/metrics_page.h"
#include "state/saved_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lossd;
  core::JobTable jobs({}, {});
  core::Instant now{std::chrono::hours(1), core::Timestamp(std::chrono::seconds(1'790'000'000))};
  const auto decoded = state::DecodeState({reinterpret_cast<const char*>(data), size}, jobs, now);
  if (!decoded) {
    if (!jobs.jobs().empty()) std::abort();
    return 0;
  }
  exporter::RenderMetrics(jobs, {}, exporter::TextFormat::kOpenMetrics);
  exporter::JobListJson(jobs);
  for (const auto& [name, job] : jobs.jobs()) {
    exporter::JobJson(job);
    for (const auto& [loss, series] : job.series) exporter::AdviceJson(job, loss);
  }
  for (int i = 0; i < 3; ++i) {
    core::Sample sample;
    sample.value = 1.0 + i;
    sample.step = 100 + i;
    jobs.Add("a", {}, sample, now);
    now.steady += std::chrono::minutes(20);
    now.wall += std::chrono::minutes(20);
    jobs.Tick(now);
  }
  state::EncodeState(decoded->cursors, jobs, now);
  return 0;
}
