#include "sources/kafka/state_record.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "core/state_codec.h"

namespace lossd::sources {
namespace {

std::string KeyOf(const std::string& topic, const std::string& job, std::size_t part) {
  return topic + '\0' + job + '\0' + std::to_string(part);
}

}  // namespace

std::vector<ChangelogRecord> EncodeJob(const std::string& topic, const StoredJob& job, std::size_t parts_before) {
  core::StateWriter body;
  body.I64(job.saved.time_since_epoch().count());
  body.String(job.trackers);
  body.String(job.memory);
  const std::string& bytes = body.bytes();
  const std::size_t parts = std::max<std::size_t>(1, (bytes.size() + kMostInRecord - 1) / kMostInRecord);
  if (parts > kMostParts) return {};
  std::vector<ChangelogRecord> records;
  for (std::size_t part = 0; part < parts; ++part) {
    core::StateWriter value;
    value.U64(core::kStateVersion);
    value.U64(parts);
    value.String(std::string_view(bytes).substr(part * kMostInRecord, kMostInRecord));
    records.push_back({KeyOf(topic, job.name, part), value.Take()});
  }
  for (std::size_t part = parts; part < parts_before; ++part) {
    records.push_back({KeyOf(topic, job.name, part), std::nullopt});
  }
  return records;
}

std::vector<ChangelogRecord> DeleteJob(const std::string& topic, const std::string& job, std::size_t parts_before) {
  std::vector<ChangelogRecord> records;
  for (std::size_t part = 0; part < std::max<std::size_t>(1, parts_before); ++part) {
    records.push_back({KeyOf(topic, job, part), std::nullopt});
  }
  return records;
}

void ChangelogReader::Take(std::string_view key, std::optional<std::string_view> value) {
  bytes_ += key.size() + value.value_or("").size();
  const std::size_t topic_end = key.find('\0'), job_end = key.rfind('\0');
  if (topic_end == std::string_view::npos || job_end == topic_end) return;
  const std::string_view digits = key.substr(job_end + 1);
  std::size_t part = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), part).ec != std::errc() || part >= kMostParts)
    return;
  const std::pair place(std::string(key.substr(0, topic_end)),
                        std::string(key.substr(topic_end + 1, job_end - topic_end - 1)));
  if (value) {
    parts_[place][part] = *value;
    return;
  }
  const auto known = parts_.find(place);
  if (known == parts_.end()) return;
  known->second.erase(part);
  if (known->second.empty()) parts_.erase(known);
}

ChangelogReader::Jobs ChangelogReader::JobsOf(const std::string& topic) const {
  Jobs result;
  for (auto it = parts_.lower_bound({topic, ""}); it != parts_.end() && it->first.first == topic; ++it) {
    std::string bytes;
    std::uint64_t wanted = it->second.size();
    bool whole = true;
    for (const auto& [part, value] : it->second) {
      core::StateReader in(value);
      whole = whole && in.U64() == core::kStateVersion;
      wanted = in.U64();
      bytes += in.String();
      whole = whole && in.ok();
    }
    core::StateReader in(bytes);
    StoredJob job;
    job.name = it->first.second;
    job.saved = core::Timestamp(std::chrono::nanoseconds(in.Moment()));
    job.trackers = in.String();
    job.memory = in.String();
    if (!whole || wanted != it->second.size() || !in.ok() || !in.at_end()) {
      ++result.damaged;
      continue;
    }
    result.jobs.emplace_back(std::move(job), it->second.size());
  }
  return result;
}

}  // namespace lossd::sources
