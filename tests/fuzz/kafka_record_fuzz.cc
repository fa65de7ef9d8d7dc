// Any bytes as the value of a record, as the memory of a job and as a record of the changelog: what they do not give is
// rejected, and what was remembered is read as it was saved.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.h"
#include "sources/kafka/record_decoder.h"
#include "sources/kafka/state_record.h"

namespace {

using lossd::fuzz::Require;
using namespace lossd::sources;

void ReadRecord(RecordFormat format, std::string_view value) {
  KafkaOptions options;
  options.format = format;
  DecoderTools tools;
  RecordDecoder decoder(options, tools);
  for (const std::optional<std::string_view> key :
       {std::optional<std::string_view>("job"), std::optional<std::string_view>()}) {
    std::vector<JobSamples> jobs;
    decoder.Read({.key = key, .value = value, .time_ms = 1'790'000'000'000}, jobs,
                 [](RecordRejection reason, std::string_view) { Require(!Name(reason).empty()); });
    for (const JobSamples& job : jobs) {
      Require(!job.job.empty());
      for (const auto& sample : job.samples) Require(!sample.loss.empty());
    }
  }
  // A successor remembers the same.
  RecordDecoder successor(options, tools);
  for (const auto& [job, memory] : decoder.TakeChanged()) {
    JobReader reader(options.reader);
    Require(reader.Load(memory));
    Require(reader.Save() == memory);
    successor.LoadJob(job, memory);
  }
}

void ReadMemory(std::string_view bytes) {
  JobReader reader({});
  if (!reader.Load(bytes)) return;
  const std::string saved = reader.Save();
  Require(JobReader({}).Load(saved));
  JobSamples samples;
  reader.ReadLines("step 1 loss 2.5\n{\"loss\": 2.5}", samples);
}

/// Records of the changelog: the first byte of each line says how much of it is the key.
void ReadChangelog(std::string_view bytes) {
  ChangelogReader reader;
  while (!bytes.empty()) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    if (line.empty()) continue;
    const std::size_t key = std::min<std::size_t>(static_cast<unsigned char>(line[0]), line.size() - 1);
    reader.Take(line.substr(1, key), line.substr(1 + key));
  }
  reader.JobsOf("t");
  // What was written is read.
  const StoredJob job{.name = "job", .trackers = std::string(bytes), .memory = "m"};
  ChangelogReader other;
  for (const ChangelogRecord& record : EncodeJob("t", job, 0)) other.Take(record.key, record.value);
  Require(other.JobsOf("t").jobs.size() == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = lossd::fuzz::Text(data, size);
  for (const auto format : {RecordFormat::kAuto, RecordFormat::kSamples, RecordFormat::kOtlp, RecordFormat::kLogs}) {
    ReadRecord(format, bytes);
  }
  ReadMemory(bytes);
  ReadChangelog(bytes);
  return 0;
}
