// The scrape: the job table and what the parts tell of themselves -> exposition text.
#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/job_table.h"

namespace lossd::exporter {

enum class TextFormat : std::uint8_t {
  kPrometheus,   ///< text 0.0.4
  kOpenMetrics,  ///< 1.0.0
};

/// The format that an Accept header asks for, by quality; Prometheus text where it does not say.
TextFormat NegotiateFormat(std::string_view accept);
/// The Content-Type to answer with.
std::string_view ContentType(TextFormat format);

/// The whole page: the jobs of the table, then what the parts of the program tell of themselves. Series come in the
/// order of the metric catalogue, then of job, loss and labels: two scrapes of the same state are the same text.
/// `live_only` labels never clash: a job's label that is one of ours is prefixed with `exported_`.
std::string RenderMetrics(const core::JobTable& jobs, std::span<const prometheus::Collectable* const> parts,
                          TextFormat format);

}  // namespace lossd::exporter
