// The scrape: the job table and what the parts tell of themselves -> exposition text.
#pragma once

#include <prometheus/collectable.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "metrics/catalog.h"

namespace lossd::exporter {

class KnownSeries;

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
/// Labels never clash: a job's label that is one of ours is prefixed with `exported_`. Metrics of `without` are left
/// out.
std::string RenderMetrics(const core::JobTable& jobs, std::span<const prometheus::Collectable* const> parts,
                          TextFormat format, const metrics::MetricSet& without = {});

/// Whether the page of the table is so large (some megabytes) that it is better made in pieces.
bool IsLargePage(const core::JobTable& jobs);

/// The same page in pieces, for a client that takes it slowly: nothing of it is held but the piece at hand and a list
/// of the series (some 100 bytes each, 4 MiB of labels at most), and each series is as it is when its line is made. One
/// pass over the table for each metric, in turns of less than a millisecond. The table may change in between: a job
/// that comes or goes meanwhile is in the rest of the page, or is not.
class PagePieces {
 public:
  /// `jobs` and what `parts` point to must outlive it. `known`: of `jobs`, shared with other pages; null: its own.
  PagePieces(const core::JobTable& jobs, std::vector<const prometheus::Collectable*> parts, TextFormat format,
             const metrics::MetricSet& without = {}, std::shared_ptr<KnownSeries> known = nullptr);
  ~PagePieces();
  PagePieces(PagePieces&&) noexcept;

  /// Appends the next lines, some kPieceBytes of them and at most those of one series more, or those that
  /// kSeriesInPiece have, which may be none. False where they were the last.
  bool Next(std::string& piece);

  /// Where the next line of a job is: a metric, and the job and the series behind which it stands.
  struct Position {
    std::size_t metric = 0;
    std::string job, loss;
    bool begun = false, within_job = false, headed = false;
    friend bool operator==(const Position&, const Position&) = default;
  };
  /// Nothing once the lines of the jobs are done.
  std::optional<Position> position() const;
  /// Goes on from `position`, which is one of the same page.
  void GoTo(const Position& position);
  TextFormat format() const;

  static constexpr std::size_t kPieceBytes = 32 * 1024;
  static constexpr std::size_t kSeriesInPiece = 1024;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lossd::exporter
