// The lines of the metrics page that jobs have: one for each metric and series.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "export/metrics_page.h"
#include "metrics/catalog.h"

namespace lossd::exporter {

/// Whose lines are wanted: one metric's, or all.
struct WantedLines {
  static constexpr std::size_t kEveryMetric = metrics::kMetricCount;
  static WantedLines Only(std::size_t metric);

  std::size_t metric = kEveryMetric;
  bool job = true, series = true, windows = true;
};

/// The lines of jobs, each metric apart.
///
/// For a whole page, every job is added once, and the page is the concatenation. For a page in pieces, jobs are added
/// once for each metric, and their lines are taken away before they are many.
class JobMetrics {
 public:
  explicit JobMetrics(const metrics::MetricSet& without);

  void Want(const WantedLines& wanted) { wanted_ = wanted; }

  void Add(const core::Job& job);
  /// One series after the other, for jobs with many: all but the lines that have no series.
  void Begin(const core::Job& job);
  /// Of the job that was begun.
  void AddJob(const core::Job& job);
  void AddLoss(std::string_view loss, const core::SeriesTracker& tracker);

  /// Moves the lines of the one metric that is wanted.
  void MoveLines(std::string& to);
  std::size_t lines_size() const;
  /// Moves all lines, each metric under its head.
  void MoveTo(std::string& page, TextFormat format);

 private:
  static constexpr std::size_t kChunkBytes = 64 * 1024;

  /// The lines of one metric, in pieces: one string that grows would be copied again and again on its way to many
  /// megabytes.
  struct Lines {
    std::string& chunk();
    std::size_t size() const;

    std::string prefix;  ///< the name and the opening brace
    std::vector<std::string> chunks;
  };

  bool Wants(metrics::Metric metric) const;
  template <typename Number>
  void Line(metrics::Metric metric, Number value, std::string_view extra = {});
  template <typename Number>
  void Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view extra = {});
  void AppendForeign();
  void AddState(const core::Job& job);
  void AddSeries(const core::SeriesTracker& series);
  void AddWindows(const core::SeriesTracker& series);
  void AddRegimes(const core::SeriesTracker& series);
  void AddAdvice(const std::optional<core::LrAdvice>& advice);

  // The last label of a line, by what it says.
  const std::array<std::string, core::kRegimeCount> regimes_;
  const std::array<std::string, core::kRoles.size()> roles_;
  const std::array<std::string, core::kJobStates.size()> states_;
  const std::array<std::string, core::kFailures.size()> failures_;
  const std::array<std::string, 3> kinds_;
  const std::array<std::string, core::kLrAdviceReasons.size()> reasons_;
  std::array<Lines, metrics::kMetricCount> lines_;
  metrics::MetricSet without_;
  WantedLines wanted_;
  std::string labels_, foreign_, window_, role_;
  std::size_t job_only_ = 0;  ///< how much of labels_ is the job's name
};

}  // namespace lossd::exporter
