// What a log shows of its run besides losses: how far it is, that it has ended, that it has failed.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/job_state.h"
#include "core/sample.h"
#include "readers/log/formats/cri_decoder.h"

namespace lossd::readers {

/// Fed with every line of a log in order. Bounded memory; lines with samples cost a copy. Not thread-safe.
class RunOutcome {
 public:
  static constexpr std::size_t kEvidenceLines = 12;
  static constexpr std::size_t kEvidenceBytes = 300;  ///< of a line

  /// The line may be framed as container runtimes do. `samples`: what it gave; not empty, training goes on, whatever
  /// was seen before.
  void Read(std::string_view line, std::span<const core::Sample> samples);

  /// The log says that training has ended, and gave no sample since.
  bool ended() const { return ended_; }
  /// What looks like a failure, with no sample since.
  const std::optional<core::FailureReport>& failure() const { return failure_; }
  /// By the totals that the log announced ("max_steps: 1000") or prints with its progress ("Epoch 3/10", "| 50/100 [").
  /// A run is complete where its next step, by its own stride, would lie beyond the total.
  core::RunStage Stage() const;

 private:
  /// The progress that a line prints.
  struct Progress {
    static constexpr std::size_t kMost = 3;
    struct Pair {
      std::int64_t done = 0, total = 0;
    } pairs[kMost];
    std::size_t count = 0;
  };
  void ReadText(std::string_view line, std::span<const core::Sample> samples);
  static Progress ProgressOf(std::string_view line);
  void ReadAnnouncement(std::string_view line);
  void AddEvidence(std::string_view line);

  ContainerFrame frame_;
  bool ended_ = false;
  std::optional<core::FailureReport> failure_;
  std::string progress_line_, before_;  ///< the last two lines with a sample that may hold progress
  bool zero_based_[Progress::kMost] = {};
  bool began_ = false;
  std::int64_t steps_ = 0;  ///< announced; 0: not
  double epochs_ = 0;
  std::optional<std::int64_t> step_, step_before_;
  std::optional<double> epoch_, epoch_before_, first_epoch_;
};

}  // namespace lossd::readers
