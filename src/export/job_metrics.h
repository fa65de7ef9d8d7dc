// The lines of the metrics page that jobs have: one for each metric and series.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/job_table.h"
#include "metrics/catalog.h"

namespace lossd::exporter {

/// The lines of one metric after the other: a job or a series is asked for once for each, and gives those of the metric
/// at hand.
class JobMetrics {
 public:
  JobMetrics();

  /// From now on the lines of this metric, given by its place in the catalogue.
  void Want(std::size_t metric);
  /// What the metric at hand is told of.
  bool of_jobs() const { return !of_series_; }
  bool of_series() const { return of_series_; }
  bool of_windows() const { return of_windows_; }

  /// Bytes of the lines made and not yet taken.
  std::size_t size() const { return lines_.size(); }
  /// Moves them behind `to`.
  void Take(std::string& to);

  /// The lines that follow are of this job.
  void Begin(const core::Job& job);
  /// Of the job that was begun: those without a series, or those of one series.
  void AddJob(const core::Job& job);
  void AddLoss(std::string_view loss, const core::SeriesTracker& tracker);
  /// The labels that the lines of a series have in common: its job's name, its own, and those that somebody else has
  /// named. Without its own they are those of the job.
  struct Labels {
    std::string_view text;
    std::size_t job_end = 0, loss_end = 0;
  };
  /// Of the last series.
  Labels labels() const { return {labels_, job_only_, loss_end_}; }
  /// The same as AddLoss and AddJob, where labels() are known from before.
  void AddKnownLoss(const Labels& labels, const core::SeriesTracker& tracker);
  void AddKnownJob(const Labels& labels, const core::Job& job);

 private:
  void AppendForeign() {
    if (!foreign_.empty()) (labels_ += ',') += foreign_;
  }

  bool Wants(metrics::Metric metric) const { return metric_ == metric.index(); }

  template <typename Number>
  void Line(metrics::Metric metric, Number value, std::string_view extra = {});
  template <typename Number>
  void Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view extra = {});
  void AddJobMetrics(const core::Job& job);
  void AddState(const core::Job& job);
  void AddSeries(const core::SeriesTracker& series);
  void AddWindows(const core::SeriesTracker& series);
  void AddRegimes(const core::SeriesTracker& series);
  void AddAdvice(const std::optional<core::LrAdvice>& advice);

  const std::array<std::string, core::kRegimeCount> regimes_;
  const std::array<std::string, core::kRoles.size()> roles_;
  const std::array<std::string, core::kJobStates.size()> states_;
  const std::array<std::string, core::kFailures.size()> failures_;
  const std::array<std::string, 3> kinds_;
  const std::array<std::string, core::kLrAdviceReasons.size()> reasons_;
  std::size_t metric_ = metrics::kMetricCount;
  bool of_series_ = false, of_windows_ = false;
  std::string prefix_;  ///< the metric's name and the opening brace
  std::string lines_;
  std::string labels_, foreign_, window_, role_;
  std::size_t job_only_ = 0;  ///< how much of labels_ is the job's name
  std::size_t loss_end_ = 0;  ///< ... and how much that and the series'
};

}  // namespace lossd::exporter
