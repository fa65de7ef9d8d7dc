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
/// kMostLabelBytes for labels: what does not fit is not kept. Several pages may share one: whichever comes to a series
/// behind the last adds it.
class KnownSeries {
 public:
  using Series = std::pair<const std::string, core::SeriesTracker>;
  struct Row {
    const core::Job* job;
    const Series* series;
    std::uint32_t labels = 0;  ///< where in the text of all; they end where the next row's begin
    std::uint16_t job_end = 0, loss_end = 0;
  };
  static constexpr std::size_t kMostLabelBytes = 4 << 20;

  /// Lists the series of `jobs` from the first on, unless another page than `page` is about it.
  void Begin(const core::JobTable& jobs, const void* page);
  /// Whether the list grows and ends with series `loss` of `job`; without one with the last of `job`, and without a job
  /// before the first.
  bool EndsAt(const core::JobTable& jobs, std::string_view job, const std::string* loss) const;
  /// One series more, the next behind the end.
  void Add(const void* page, const core::Job& job, const Series& series, const JobMetrics::Labels& labels);
  /// The page is no longer about it.
  void Leave(const void* page) {
    if (page_ == page) state_ = state_ == State::kGrowing ? State::kNone : state_;
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
  JobMetrics::Labels LabelsOf(std::size_t i) const {
    const Row& row = rows_[i];
    const std::size_t end = i + 1 < rows_.size() ? rows_[i + 1].labels : labels_.size();
    return {std::string_view(labels_).substr(row.labels, end - row.labels), row.job_end, row.loss_end};
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
  const void* page_ = nullptr;  ///< that added the last
  std::uint64_t arrangement_ = 0;
  std::vector<Row> rows_;
  std::size_t jobs_ = 0;  ///< of the rows
  std::string labels_;
};

}  // namespace lossd::exporter
