// The series of a job table in the order of the page, and the text of their labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/job_table.h"
#include "export/job_metrics.h"

namespace lossd::exporter {

/// Holds while no job and no series comes or goes and no label changes. Takes 24 bytes a series, and at most
/// kMostLabelBytes for labels: what does not fit is not kept.
class KnownSeries {
 public:
  using Series = std::pair<const std::string, core::SeriesTracker>;
  struct Row {
    const core::Job* job;
    const Series* series;
    std::uint32_t labels = 0;                                  ///< where in the text of all
    std::uint16_t labels_size = 0, job_end = 0, loss_end = 0;  ///< of size 0 where they are not kept
  };
  static constexpr std::size_t kMostLabelBytes = 4 << 20;

  /// Lists the series of `jobs` from the first on.
  void Begin(const core::JobTable& jobs);
  /// One series more. Nothing where the list was not begun, or is complete.
  void Add(const core::Job& job, const Series& series, const JobMetrics::Labels& labels);
  /// Somebody else has made some lines: what was listed so far is not the whole.
  void Interrupt() {
    if (state_ == State::kGrowing) state_ = State::kNone;
  }
  /// The last was added. The list is dropped where the table has changed since the first.
  void Complete(const core::JobTable& jobs);

  /// Whether all series of `jobs` are here, as they are now.
  bool IsOf(const core::JobTable& jobs) const {
    return state_ == State::kComplete && arrangement_ == jobs.arrangement();
  }

  std::size_t size() const { return rows_.size(); }
  const Row& operator[](std::size_t i) const { return rows_[i]; }
  /// Of no text where they are not kept.
  JobMetrics::Labels LabelsOf(const Row& row) const {
    return {std::string_view(labels_).substr(row.labels, row.labels_size), row.job_end, row.loss_end};
  }
  /// Whether the row is the first of its job.
  bool BeginsJob(std::size_t i) const { return i == 0 || rows_[i - 1].job != rows_[i].job; }
  /// The first that stands behind the series `loss` of `job`, or, without one, behind all of `job`.
  std::size_t Behind(std::string_view job, const std::string* loss) const;
  /// Asks for what the lines of rows soon behind `i` are made from, so that nobody waits for it then.
  void Prefetch(std::size_t i, const JobMetrics& lines) const;

 private:
  enum class State : std::uint8_t { kNone, kGrowing, kComplete };

  State state_ = State::kNone;
  std::uint64_t arrangement_ = 0;
  std::vector<Row> rows_;
  std::size_t jobs_ = 0;  ///< of the rows
  std::string labels_;
};

}  // namespace lossd::exporter
