// Where samples go, whatever brought them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/job_table.h"
#include "core/sample.h"

namespace lossd::core {

/// When and from where a sample came.
struct Arrival {
  Instant now;
  Origin origin = Origin::kLive;  ///< kCatchUp: history, which raises no alarm
  std::string_view source;        ///< value of the label `source` of lossd_samples_total: "file", "stdin", "http" ...
};

/// Implemented by the daemon's intake, by replay, and by recorders in tests. Not thread-safe: in the daemon all calls
/// are made on the thread that owns the jobs.
class SampleSink {
 public:
  virtual ~SampleSink() = default;

  /// Takes one sample of job `job`; `labels` are merged into the job's. The answer is why it was not taken, if so: it
  /// has then changed nothing and is counted. See JobTable::Add for what names and labels may be.
  virtual std::optional<Rejection> Take(std::string_view job, const Labels& labels, const Sample& sample,
                                        const Arrival& arrival) = 0;

  /// Counts a sample that could not even be made into one. `reason` is a value of the label `reason` of
  /// lossd_samples_rejected_total: "invalid_sample".
  virtual void CountRejection(std::string_view reason) = 0;

  /// The job's training has ended; a later sample revives it. False where there is no such job.
  virtual bool Finish(std::string_view job, Instant now) = 0;
  /// It has failed, as somebody who must know says; a later sample revives it. False where there is no such job.
  virtual bool Fail(std::string_view job, const FailureReport& failure, Instant now) = 0;
  /// What else a source knows of the job (see JobTable); a sink may do without.
  virtual void Note(std::string_view, Writer, std::optional<RunStage>) {}
  virtual void NoteScaler(std::string_view, std::optional<double> /*loss_scale*/,
                          std::optional<std::uint64_t> /*skipped*/) {}
  virtual void Suspect(std::string_view, const FailureReport&, Instant) {}
  /// Forgets the job at once. False where there is no such job.
  virtual bool Remove(std::string_view job) = 0;
};

}  // namespace lossd::core
