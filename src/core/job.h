// One training job and its series.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/job_state.h"
#include "core/run_history.h"
#include "core/sample.h"
#include "core/series_tracker.h"

namespace lossd::core {

/// One training job. Series keep the order of their names.
struct Job {
  std::string name;
  Labels labels;
  std::map<std::string, SeriesTracker, std::less<>> series;
  /// Of each evaluation loss: see SeriesMeaning::training.
  std::map<std::string, std::vector<std::string>, std::less<>> training;
  std::map<std::string, std::unique_ptr<RunHistory>, std::less<>> histories;  ///< of those series that have one
  std::optional<std::int64_t> step;
  std::optional<double> epoch, learning_rate, gradient_norm;
  std::optional<double> loss_scale;            ///< of half precision, where logged
  std::optional<std::uint64_t> skipped_steps;  ///< that its scaler skipped since this process began, where logged
  Instant last_sample;
  JobState state = JobState::kRunning;
  Instant state_since;  ///< of a state other than kRunning
  /// Of a failed job; of a running one: what looks like a failure, unless training goes on.
  std::optional<FailureReport> failure;
  Instant failure_seen;
  std::array<std::uint64_t, kFailures.size()>
      failures{};  ///< by reason; a run that goes on all the same has not failed
  Writer writer = Writer::kUnknown;
  RunStage stage = RunStage::kUnknown;
  bool kept_elsewhere = false;  ///< see JobTable::KeepElsewhere
  std::size_t label_bytes = 0;  ///< of the labels that each of its series has: its name's, and `labels`
  std::size_t loss_bytes = 0;   ///< of the names of its series
  std::uint64_t last_save = 0;  ///< the number of the last save in turns that holds this job, or that it came after

  /// No sample is expected any more.
  bool finished() const { return state == JobState::kEnded || state == JobState::kFailed; }
};

}  // namespace lossd::core
