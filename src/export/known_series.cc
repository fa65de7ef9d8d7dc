#include "export/known_series.h"

#include <algorithm>
#include <limits>

namespace lossd::exporter {

void KnownSeries::Begin(const core::JobTable& jobs, const void* page) {
  if (state_ == State::kGrowing && page_ != page && arrangement_ == jobs.arrangement()) return;
  page_ = page;
  rows_.clear();
  jobs_ = 0;
  labels_.clear();
  rows_.reserve(jobs.series());
  // Once: growing step by step holds the text twice, and copies it. What is too much is never touched.
  constexpr std::size_t kSyntax = 64;  // `training_job="",loss="",`
  labels_.reserve(std::min(kMostLabelBytes, jobs.label_bytes() + kSyntax * jobs.series()));
  state_ = State::kGrowing;
  arrangement_ = jobs.arrangement();
}

bool KnownSeries::EndsAt(const core::JobTable& jobs, std::string_view job, const std::string* loss) const {
  if (state_ != State::kGrowing || arrangement_ != jobs.arrangement()) return false;
  if (rows_.empty()) return job.empty();
  const Row& last = rows_.back();
  if (last.job->name != job) return false;
  return loss != nullptr ? last.series->first == *loss : last.series == &*last.job->series.rbegin();
}

void KnownSeries::Add(const void* page, const core::Job& job, const Series& series, const JobMetrics::Labels& labels) {
  page_ = page;
  if (rows_.empty() || rows_.back().job != &job) ++jobs_;
  Row& row = rows_.emplace_back(Row{&job, &series, static_cast<std::uint32_t>(labels_.size())});
  constexpr std::size_t kLongest = std::numeric_limits<std::uint16_t>::max();
  if (labels.text.size() > kLongest || labels_.size() + labels.text.size() > kMostLabelBytes) return;
  row.job_end = static_cast<std::uint16_t>(labels.job_end);
  row.loss_end = static_cast<std::uint16_t>(labels.loss_end);
  labels_ += labels.text;
}

void KnownSeries::Complete(const core::JobTable& jobs) {
  if (state_ != State::kGrowing) return;
  // A job without any series has lines, too.
  const bool whole = arrangement_ == jobs.arrangement() && jobs_ == jobs.jobs().size();
  state_ = whole ? State::kComplete : State::kNone;
}

void KnownSeries::Prefetch(std::size_t i, const JobMetrics& lines) const {
  constexpr std::size_t kAhead = 6;
  const std::size_t next = i + kAhead;
  if (next >= rows_.size()) return;
  if (lines.of_jobs()) {
    constexpr std::size_t kLine = 64;
    const core::Job& job = *rows_[next].job;
    const auto* const end = reinterpret_cast<const char*>(&job + 1);
    for (auto at = reinterpret_cast<const char*>(&job.step); at < end; at += kLine) __builtin_prefetch(at);
    return;
  }
  if (lines.of_windows() && next + kAhead < rows_.size()) rows_[next + kAhead].series->second.PrefetchHead();
  rows_[next].series->second.Prefetch(lines.of_windows());
}

std::size_t KnownSeries::Behind(std::string_view job, const std::string* loss) const {
  const auto behind = std::ranges::partition_point(rows_, [&](const Row& row) {
    if (row.job->name != job) return row.job->name < job;
    return loss == nullptr || row.series->first <= *loss;
  });
  return static_cast<std::size_t>(behind - rows_.begin());
}

}  // namespace lossd::exporter
