// The lines of the metrics page that jobs have: one for each metric and series.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  std::size_t size() const { return size_; }
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
  /// What follows the labels that the lines of a series have in common, where no other label does.
  static constexpr std::string_view kNoMore = "} ";
  /// What follows them where another one does, and the value: of a metric that is 1 for one state and 0 for the others.
  struct OneHot {
    std::string zero, one;
  };

  void AppendForeign() {
    if (!foreign_.empty()) (labels_ += ',') += foreign_;
  }
  /// The lines that follow have these labels.
  void SetHead(std::string_view labels) {
    head_.resize(prefix_size_);
    head_ += labels;
  }

  bool Wants(metrics::Metric metric) const { return metric_ == metric.index(); }

  /// Where the next so many bytes belong.
  char* Room(std::size_t bytes);
  void Add(std::string_view end_of_line);
  template <typename Number>
  void Line(metrics::Metric metric, Number value, std::string_view rest = kNoMore);
  template <typename Number>
  void Line(metrics::Metric metric, const std::optional<Number>& value, std::string_view rest = kNoMore);
  void AddJobMetrics(const core::Job& job);
  void AddState(const core::Job& job);
  void AddSeries(const core::SeriesTracker& series);
  void AddWindows(const core::SeriesTracker& series);
  void AddRegimes(const core::SeriesTracker& series);
  void AddAdvice(const std::optional<core::LrAdvice>& advice);

  template <typename Key, std::size_t n>
  static std::array<std::string, n> LastLabels(std::string_view label, const std::array<Key, n>& keys);
  template <typename Key, std::size_t n>
  static std::array<OneHot, n> OneHotLabels(std::string_view label, const std::array<Key, n>& keys);

  const std::array<std::string, core::kRegimeCount> regimes_;
  const std::array<OneHot, core::kRegimeCount> one_regime_;
  const std::array<std::string, core::kRoles.size()> roles_;
  const std::array<OneHot, core::kJobStates.size()> one_state_;
  const std::array<std::string, core::kFailures.size()> failures_;
  const std::array<std::string, 3> kinds_;
  const std::array<std::string, core::kLrAdviceReasons.size()> reasons_;
  std::size_t metric_ = metrics::kMetricCount;
  bool of_series_ = false, of_windows_ = false;
  std::string head_;  ///< what each line of a series begins with: the metric's name, the opening brace, the labels
  std::size_t prefix_size_ = 0;  ///< how much of it is not the labels
  std::string lines_;            ///< larger than what is made of it: it is not cleared for each line
  std::size_t size_ = 0;
  std::string labels_, foreign_;
  std::vector<std::pair<std::size_t, std::string>> windows_;  ///< of each the label
  std::size_t job_only_ = 0;                                  ///< how much of labels_ is the job's name
  std::size_t loss_end_ = 0;                                  ///< ... and how much that and the series'
};

}  // namespace lossd::exporter
