// The daemon's sink: what samples of every source pass on their way to the job table. External labels, counts, and a
// log line for what happens.
#pragma once

#include <prometheus/collectable.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_table.h"
#include "core/sample_sink.h"
#include "logging/log.h"

namespace lossd::app {

class Intake : public core::SampleSink, public prometheus::Collectable {
 public:
  /// Both must outlive the intake.
  Intake(core::JobTable& jobs, logging::Log& log) : jobs_(jobs), log_(log) {}

  /// Labels for every job from now on; one that comes with a sample wins.
  void SetExternalLabels(core::Labels labels) { external_labels_ = std::move(labels); }
  /// Shows the counter of a source from now on, and not only from its first sample on.
  void AddSource(std::string_view source) { taken_.try_emplace(std::string(source)); }

  /// Logs what a sample brings about: trouble as a warning, the rest as information, and everything of history
  /// (Origin::kCatchUp) and lone outliers only for debugging.
  std::optional<core::Rejection> Take(std::string_view job, const core::Labels& labels, const core::Sample& sample,
                                      const core::Arrival& arrival) override;
  void CountRejection(std::string_view reason) override { ++rejected_[std::string(reason)]; }
  bool Finish(std::string_view job, core::Instant now) override;
  bool Fail(std::string_view job, const core::FailureReport& failure, core::Instant now) override;
  bool Remove(std::string_view job) override;
  void Note(std::string_view job, core::Writer writer, std::optional<core::RunStage> stage) override;
  void NoteScaler(std::string_view job, std::optional<double> loss_scale,
                  std::optional<std::uint64_t> skipped) override;
  void Suspect(std::string_view job, const core::FailureReport& failure, core::Instant now) override;
  /// The job's process or pipe has ended; `exit_status`: where it has one.
  void Close(std::string_view job, std::optional<int> exit_status, core::Instant now);

  /// Lets time pass for so many jobs (see JobTable::Tick): stalls and expiries are logged. True where the last was
  /// among them.
  bool Tick(core::Instant now, std::size_t jobs);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  void LogState(std::string_view job);
  void LogEvent(std::string_view job, std::string_view loss, const core::Event& event, core::Origin origin);

  core::JobTable& jobs_;
  logging::Log& log_;
  core::Labels external_labels_;
  std::map<std::string, std::uint64_t, std::less<>> taken_;  ///< by source
  std::map<std::string, std::uint64_t> rejected_;            ///< by reason
};

}  // namespace lossd::app
