#include "sources/kafka/record_decoder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/name_rules.h"
#include "push/otlp/export_request.h"

namespace lossd::sources {
namespace {

/// More text than that is no name.
constexpr std::size_t kLongestKey = 256;
/// What a list of samples of one job grows to before another begins.
constexpr std::size_t kMostTogether = 512;

/// The job that a key names; "" where it is none.
std::string_view JobOf(const std::optional<std::string_view>& key) {
  return key && !key->empty() && core::IsText(*key, kLongestKey) ? *key : std::string_view();
}

/// No text begins so: the magic of a schema registry is 0, UTF-16 and archives have bytes of their own.
bool IsForeign(std::string_view value) {
  const auto first = static_cast<unsigned char>(value.front());
  constexpr unsigned char kEscape = 0x1B;
  const bool text = first >= 0x20 || first == '\t' || first == '\n' || first == '\r' || first == kEscape;
  return !text || first >= 0xFE;
}

bool IsOtlp(std::string_view value) { return value.front() == '\n'; }

void RejectForeign(std::string_view value, const RecordDecoder::Reject& reject) {
  reject(RecordRejection::kForeignFormat,
         value.front() == '\0' ? "begins with the magic of a schema registry" : "no text");
}

/// What the names in an object say of who wrote it.
struct NamesSeen {
  bool otlp = false;     ///< of the metrics of OTLP
  bool shipper = false;  ///< of a log shipper
};

NamesSeen LookForNames(std::string_view value) {
  NamesSeen seen;
  for (std::size_t at = value.find('"'); at < value.size() - 1; at = value.find('"', at + 1)) {
    const std::string_view rest = value.substr(at + 1);
    switch (rest.front()) {
      case 'r':
        seen.otlp = seen.otlp || rest.starts_with("resourceMetrics\"");
        seen.shipper = seen.shipper || rest.starts_with("resourceLogs\"");
        break;
      case 'l':
        seen.shipper = seen.shipper || rest.starts_with("log\"");
        break;
      case 'm':
        seen.shipper = seen.shipper || rest.starts_with("message\"");
        break;
      case 'k':
        seen.shipper = seen.shipper || rest.starts_with("kubernetes\"");
        break;
      default:
        break;
    }
  }
  return seen;
}

}  // namespace

std::string_view Name(RecordRejection reason) {
  switch (reason) {
    case RecordRejection::kTombstone:
      return "tombstone";
    case RecordRejection::kOversized:
      return "oversized";
    case RecordRejection::kForeignFormat:
      return "foreign_format";
    case RecordRejection::kNotJson:
      return "not_json";
    case RecordRejection::kInvalidSample:
      return "invalid_sample";
    case RecordRejection::kInvalidOtlp:
      return "invalid_otlp";
    case RecordRejection::kNoJob:
      return "no_job";
    case RecordRejection::kNoMessage:
      return "no_message";
    case RecordRejection::kTooManyJobs:
      return "too_many_jobs";
  }
  return "";
}

void RecordDecoder::Read(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject) {
  if (!record.value || record.value->empty()) return reject(RecordRejection::kTombstone, "no value");
  const std::string_view value = *record.value;
  if (value.size() > options_.max_record_bytes) {
    return reject(RecordRejection::kOversized, std::to_string(value.size()) + " bytes");
  }
  if (options_.format == RecordFormat::kAuto) return ReadAny(record, out, reject);
  if (options_.format == RecordFormat::kOtlp) return ReadOtlp(record, out, reject);
  if (IsForeign(value)) return RejectForeign(value, reject);
  return options_.format == RecordFormat::kLogs ? ReadShipped(record, out, reject) : ReadSamples(record, out, reject);
}

/// By the first bytes, and, in an object, by the names in it.
void RecordDecoder::ReadAny(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject) {
  const std::string_view value = *record.value;
  if (IsOtlp(value)) return ReadOtlp(record, out, reject);
  const NamesSeen seen = LookForNames(value);
  if (seen.otlp) return ReadOtlp(record, out, reject);
  if (IsForeign(value)) return RejectForeign(value, reject);
  const std::size_t begin = value.find_first_not_of(" \t\r\n");
  const bool json = begin != std::string_view::npos && (value[begin] == '{' || value[begin] == '[');
  return json && !seen.shipper ? ReadSamples(record, out, reject) : ReadShipped(record, out, reject);
}

JobSamples& RecordDecoder::Append(std::vector<JobSamples>& out, const std::string& job, const core::Labels& labels,
                                  std::int64_t time_ms) {
  if (!out.empty() && out.back().job == job && out.back().labels == labels && !out.back().finished &&
      out.back().samples.size() < kMostTogether) {
    return out.back();
  }
  JobSamples& next = out.emplace_back();
  next.job = job;
  next.labels = labels;
  next.time_ms = time_ms;
  return next;
}

void RecordDecoder::ReadSamples(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject) {
  tools_.document.accepted.clear();
  tools_.document.rejected.clear();
  tools_.document.warnings.clear();
  tools_.samples.Begin(*record.value, {.job = JobOf(record.key), .warns = false});
  while (tools_.samples.Read(std::numeric_limits<std::size_t>::max(), tools_.document)) {
  }
  for (push::JsonSample& object : tools_.document.accepted) {
    JobSamples& job = Append(out, object.training_job, object.labels, record.time_ms);
    if (job.samples.empty()) {
      job.samples = std::move(object.samples);
    } else {
      std::ranges::move(object.samples, std::back_inserter(job.samples));
    }
  }
  for (const push::JsonRejection& rejection : tools_.document.rejected) {
    const bool broken = rejection.field.empty() && rejection.reason.starts_with("not JSON");
    const std::string detail = rejection.field.empty() ? rejection.reason : rejection.field + ": " + rejection.reason;
    if (rejection.field == "training_job" && rejection.reason.starts_with("missing")) {
      reject(RecordRejection::kNoJob, detail);
    } else {
      reject(broken ? RecordRejection::kNotJson : RecordRejection::kInvalidSample, detail);
    }
  }
}

void RecordDecoder::ReadOtlp(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject) {
  const bool json = record.value->find_first_of("{") == record.value->find_first_not_of(" \t\r\n");
  const push::OtlpExport data = json ? push::ParseOtlpJson(*record.value) : push::ParseOtlpProtobuf(*record.value);
  if (!data.error.empty()) {
    // A line of text may begin with a line feed.
    if (options_.format == RecordFormat::kAuto && !json) return ReadShipped(record, out, reject);
    return reject(RecordRejection::kInvalidOtlp, data.error);
  }
  for (const push::OtlpResource& resource : data.resources) {
    const std::string* const named = push::FindAttribute(resource.attributes, options_.otlp_job_attribute);
    const std::string job = named != nullptr && !named->empty() ? *named : std::string(JobOf(record.key));
    if (job.empty()) {
      reject(RecordRejection::kNoJob, "no attribute " + options_.otlp_job_attribute);
      continue;
    }
    JobReader* const reader = ReaderOf(job, reject);
    if (reader != nullptr) reader->ReadExport(resource, Append(out, job, {}, record.time_ms));
  }
}

void RecordDecoder::ReadShipped(const RecordView& record, std::vector<JobSamples>& out, const Reject& reject) {
  const std::string_view value = *record.value;
  const std::size_t begin = value.find_first_not_of(" \t\r\n");
  tools_.lines.clear();
  ShippedForm form = ShippedForm::kNotJson;
  if (begin != std::string_view::npos && value[begin] == '{') form = tools_.logs.Read(value, tools_.lines);
  if (form == ShippedForm::kNoMessage) return reject(RecordRejection::kNoMessage, "an object of a log without text");
  // JSON that no shipper wrote: a native sample, or, where all is a log, a line of one.
  if (form == ShippedForm::kOther && options_.format == RecordFormat::kAuto) return ReadSamples(record, out, reject);
  if (form == ShippedForm::kNotJson && options_.format == RecordFormat::kAuto && begin != std::string_view::npos &&
      value[begin] == '{') {
    return reject(RecordRejection::kNotJson, "a broken object");
  }
  if (form != ShippedForm::kLines) tools_.lines = {{"", {}, std::string(value)}};
  for (const ShippedLine& line : tools_.lines) {
    const std::string job = line.job.empty() || !JobOf(record.key).empty() ? std::string(JobOf(record.key)) : line.job;
    if (job.empty()) {
      reject(RecordRejection::kNoJob, "a line without a key or a pod");
      continue;
    }
    ReadLines(job, line, record, out, reject);
  }
}

void RecordDecoder::ReadLines(const std::string& job, const ShippedLine& line, const RecordView& record,
                              std::vector<JobSamples>& out, const Reject& reject) {
  JobReader* const reader = ReaderOf(job, reject);
  if (reader == nullptr) return;
  JobSamples& samples = out.emplace_back();
  samples.job = job;
  samples.labels = line.labels;
  samples.time_ms = record.time_ms;
  reader->ReadLines(line.text, samples);
}

std::unique_ptr<JobReader> RecordDecoder::MakeReader(const std::string& job) const {
  records::ReaderOptions reader = options_.reader;
  reader.path_hint = job;
  return std::make_unique<JobReader>(reader);
}

JobReader* RecordDecoder::ReaderOf(const std::string& job, const Reject& reject) {
  auto known = readers_.find(job);
  if (known == readers_.end()) {
    if (readers_.size() >= kMostReaders) {
      reject(RecordRejection::kTooManyJobs, "more than " + std::to_string(kMostReaders) + " logs in a partition");
      return nullptr;
    }
    known = readers_.emplace(job, MakeReader(job)).first;
  }
  changed_.insert(job);
  return known->second.get();
}

std::map<std::string, std::string> RecordDecoder::TakeChanged() {
  std::map<std::string, std::string> memories;
  for (const std::string& job : changed_) {
    if (const auto known = readers_.find(job); known != readers_.end()) memories[job] = known->second->Save();
  }
  changed_.clear();
  return memories;
}

void RecordDecoder::LoadJob(const std::string& job, std::string_view memory) {
  auto loaded = MakeReader(job);
  loaded->Load(memory);
  readers_[job] = std::move(loaded);
}

void RecordDecoder::Forget(const std::string& job) {
  readers_.erase(job);
  changed_.erase(job);
}

}  // namespace lossd::sources
