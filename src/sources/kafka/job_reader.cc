#include "sources/kafka/job_reader.h"

#include <algorithm>

#include "core/state_codec.h"

namespace lossd::sources {

void JobReader::MakeLog() {
  log_ = std::make_unique<Log>(options_);
  for (const std::string* const lines : {&head_, &tail_}) {
    log_->reader.Push(*lines);
    while (const auto entry = log_->reader.Next()) log_->outcome.Read(entry.text, entry.result.samples);
  }
}

void JobReader::Remember(std::string_view line) {
  if (!cut_ && tail_.empty() && head_.size() + line.size() < kHead) {
    head_.append(line).push_back('\n');
    return;
  }
  tail_.append(line.substr(0, kTail)).push_back('\n');
  if (tail_.size() <= 2 * kTail) return;
  cut_ = true;
  const std::size_t end = tail_.find('\n', tail_.size() - kTail);
  tail_.erase(0, end + 1);
}

void JobReader::ReadLines(std::string_view text, JobSamples& into) {
  if (!log_) MakeLog();
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line_.assign(line).push_back('\n');
    log_->reader.Push(line_);
    const bool ended_before = log_->outcome.ended();
    while (const auto entry = log_->reader.Next()) {
      const readers::LineResult& result = entry.result;
      if (result.ignored != records::Ignored::kTooLong) log_->outcome.Read(entry.text, result.samples);
      if (result.labels != nullptr) {
        for (const auto& [name, value] : *result.labels) into.labels.insert_or_assign(name, value);
      }
      into.samples.insert(into.samples.end(), result.samples.begin(), result.samples.end());
      if (!result.samples.empty()) into.finished = false;
    }
    if (log_->outcome.ended() && (!ended_before || !into.samples.empty())) into.finished = true;
    Remember(line);
  }
  into.failure = log_->outcome.failure();
  into.stage = log_->outcome.Stage();
}

void JobReader::ReadExport(const push::OtlpResource& resource, JobSamples& into) {
  if (!service_) service_ = std::make_unique<push::ServiceReader>();
  for (core::Sample& sample : service_->Read(resource)) into.samples.push_back(std::move(sample));
}

std::string JobReader::Save() const {
  core::StateWriter out;
  out.Bool(cut_);
  out.String(head_);
  out.String(tail_);
  out.Bool(service_ != nullptr);
  if (service_) service_->Save(out);
  return out.Take();
}

bool JobReader::Load(std::string_view bytes) {
  core::StateReader in(bytes);
  cut_ = in.Bool();
  head_ = in.String();
  tail_ = in.String();
  bool good = in.ok();
  if (good && in.Bool()) {
    service_ = std::make_unique<push::ServiceReader>();
    good = service_->Load(in);
  }
  log_.reset();
  if (good && in.ok() && in.at_end()) return true;
  *this = JobReader(options_);
  return false;
}

}  // namespace lossd::sources
