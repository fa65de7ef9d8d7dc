// The histories of JobTable: which series has one, and how large all of them may be.
#include <algorithm>
#include <bit>
#include <cmath>

#include "core/job_table.h"

namespace lossd::core {

void JobTable::KeepHistory(HistoryOptions options) {
  history_ = options;
  if (options.points == 0) {
    for (auto& [name, job] : jobs_) Drop(job);
    history_points_ = 0;
  } else if (const std::size_t most = std::bit_floor(std::max(options.points, RunHistory::kMinPoints));
             most < history_points_) {
    history_points_ = most;
    for (auto& [name, job] : jobs_) {
      for (auto& [loss, history] : job.histories) {
        if (history->capacity() > most) history->Resize(most);
      }
    }
  }
}

/// The series' history, made where there is room for one more; nullptr where there is none.
RunHistory* JobTable::FindHistory(Job& job, const Series& series) {
  const auto found = job.histories.find(series.first);
  if (found != job.histories.end()) return found->second.get();
  const std::size_t windows = series.second.window_count();
  std::size_t points = std::bit_floor(std::max(history_.points, RunHistory::kMinPoints));
  while (points >= RunHistory::kMinPoints &&
         (histories_ + 1) * RunHistory::BytesFor(points, windows) > history_.max_bytes) {
    points /= 2;
  }
  if (points < RunHistory::kMinPoints) return nullptr;
  if (points < history_points_) {
    for (auto& [name, other] : jobs_) {
      for (auto& [loss, history] : other.histories) {
        if (history->capacity() > points) history->Resize(points);
      }
    }
  }
  history_points_ = points;
  ++histories_;
  auto history = std::make_unique<RunHistory>(points, windows, series.second.samples() - 1);
  return job.histories.emplace(series.first, std::move(history)).first->second.get();
}

void JobTable::Record(Job& job, const Series& series, const Sample& sample, std::span<const Event> events) {
  RunHistory* history = recent_history_ != nullptr ? recent_history_ : FindHistory(job, series);
  recent_history_ = history;
  if (history == nullptr) return;
  const SeriesTracker& tracker = series.second;
  history->Add({.loss = sample.value,
                .finite = std::isfinite(*tracker.last()),
                .step = sample.step ? job.step : std::nullopt,
                .time = tracker.last_sample(),
                .smoothed = tracker.smoothed(),
                .learning_rate = sample.learning_rate,
                .gradient_norm = sample.gradient_norm},
               history->BeginsPoint() ? tracker.windows() : std::span<const WindowRegression>());
  for (const Event& event : events) history->AddMark(event, tracker.last_sample());
}

/// What is remembered beside a job or points into it, before the job or its histories go.
void JobTable::Drop(Job& job) {
  recent_ = nullptr;
  recent_history_ = nullptr;
  histories_ -= job.histories.size();
  job.histories.clear();
}

std::size_t JobTable::history_bytes() const {
  std::size_t windows = 0;
  for (const auto& [name, job] : jobs_) {
    if (!job.series.empty()) windows = std::max(windows, job.series.begin()->second.window_count());
  }
  return history_points_ == 0 ? 0 : histories_ * RunHistory::BytesFor(history_points_, windows);
}

}  // namespace lossd::core
