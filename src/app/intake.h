// The one door through which samples of every source reach the job table: external labels, counts, and a log line for
// what happens.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/job_table.h"
#include "logging/log.h"

namespace lossd::app {

/// Where a sample comes from: the values of the label `source`.
enum class SampleSource : std::uint8_t { kFile, kStandardInput, kHttp };
/// "file", "stdin", "http".
std::string_view Name(SampleSource source);

class Intake {
 public:
  /// Both must outlive the intake.
  Intake(core::JobTable& jobs, logging::Log& log) : jobs_(jobs), log_(log) {}

  /// Labels for every job from now on; one that comes with a sample wins.
  void SetExternalLabels(core::Labels labels) { external_labels_ = std::move(labels); }

  /// Hands one sample to the job table and logs what it brings about: trouble as a warning, the rest as information,
  /// and everything of history (Origin::kCatchUp) and lone outliers only for debugging. The answer is why it was not
  /// taken, if so.
  std::optional<core::Rejection> Take(std::string_view job, const core::Labels& labels, const core::Sample& sample,
                                      core::Instant now, core::Origin origin, SampleSource source);

  /// Counts a sample that was refused before it came here.
  void CountRejection(std::string_view reason) { ++rejected_[std::string(reason)]; }

  /// Ends or forgets a job. False where there is no such job.
  bool Finish(std::string_view job, core::Instant now);
  bool Remove(std::string_view job);

  /// Lets time pass: stalls and expiries are logged.
  void Tick(core::Instant now);

  std::map<std::string, std::uint64_t> taken() const;
  const std::map<std::string, std::uint64_t>& rejected() const { return rejected_; }

 private:
  void Tell(std::string_view job, std::string_view loss, const core::Event& event, core::Origin origin);

  core::JobTable& jobs_;
  logging::Log& log_;
  core::Labels external_labels_;
  std::array<std::uint64_t, 3> taken_{};
  std::map<std::string, std::uint64_t> rejected_;
};

}  // namespace lossd::app
