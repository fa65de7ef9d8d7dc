// What the records of partitions gave, on its way to the job table.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_state.h"
#include "core/sample.h"

namespace lossd::sources {

/// One partition of one topic.
struct Partition {
  std::string topic;
  std::int32_t number = 0;
  auto operator<=>(const Partition&) const = default;
};

/// What successive records of one partition gave for one job.
struct JobSamples {
  std::string job;
  core::Labels labels;
  std::vector<core::Sample> samples;
  std::int64_t time_ms = 0;  ///< of the record, since 1970; 0: unknown
  bool finished = false;     ///< behind these samples its log says that training is over
  std::optional<core::FailureReport> failure;
  std::optional<core::RunStage> stage;  ///< absent: as before
};

/// Of one partition, in the order of its records.
struct RecordBatch {
  Partition partition;
  std::vector<JobSamples> jobs;
};

/// Why a record, or one object in it, gave nothing: values of the label `reason`.
enum class RecordRejection : std::uint8_t {
  kTombstone,
  kOversized,
  kForeignFormat,  ///< Avro, Protobuf or JSON Schema behind a schema registry's magic, UTF-16, another binary form
  kNotJson,
  kInvalidSample,
  kInvalidOtlp,
  kNoJob,      ///< neither its key nor its value names a job
  kNoMessage,  ///< an object of a log shipper without a text
  kTooManyJobs,
};
inline constexpr std::size_t kRecordRejections = 9;
std::string_view Name(RecordRejection reason);

}  // namespace lossd::sources
