// The records of one partition -> samples.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "push/native/sample_json.h"
#include "sources/kafka/job_reader.h"
#include "sources/kafka/kafka_options.h"
#include "sources/kafka/log_record.h"
#include "sources/kafka/record_batch.h"

namespace lossd::sources {

/// A record as the broker gave it; the views are its own.
struct RecordView {
  std::optional<std::string_view> key, value;  ///< absent: null
  std::int64_t time_ms = 0;
};

/// What of the decoders is shared: the memory of parsers.
struct DecoderTools {
  push::SampleReader samples;
  push::SampleDocument document;
  LogRecordReader logs;
  std::vector<ShippedLine> lines;
};

/// Of one partition. A record never fails: what it cannot give is told to `reject`, and the next one is read. Not
/// thread-safe.
class RecordDecoder {
 public:
  static constexpr std::size_t kMostReaders = 50'000;
  using Reject = std::function<void(RecordRejection, std::string_view detail)>;

  /// `options` and `tools` must outlive this.
  RecordDecoder(const KafkaOptions& options, DecoderTools& tools) : options_(options), tools_(tools) {}

  /// Appends to `out` what the record gives; of a job with a reader also where that is no sample, for its memory has
  /// changed.
  void Read(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject);

  /// The memories that have changed since the last call.
  std::map<std::string, std::string> TakeChanged();
  void LoadJob(const std::string& job, std::string_view memory);
  void Forget(const std::string& job);

 private:
  void ReadAny(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject);
  void ReadSamples(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject);
  void ReadOtlp(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject);
  void ReadShipped(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject);
  void ReadLines(const std::string& job, const ShippedLine& line, const RecordView& record,
                 std::vector<JobSamples>& out, const Reject& reject);
  std::unique_ptr<JobReader> MakeReader(const std::string& job) const;
  JobReader* ReaderOf(const std::string& job, const Reject& reject);
  static JobSamples& Append(std::vector<JobSamples>& out, const std::string& job, const core::Labels& labels,
                            std::int64_t time_ms);

  const KafkaOptions& options_;
  DecoderTools& tools_;
  std::map<std::string, std::unique_ptr<JobReader>> readers_;  ///< by job
  std::set<std::string> changed_;
};

}  // namespace lossd::sources
