// A tailer over files in memory, with a clock that only the test turns.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sources/files/tailer.h"
#include "support/memory_file_system.h"

namespace lossd::test {

class TailerFixture : public ::testing::Test {
 protected:
  /// "step N: loss V" for each N; the loss is N / 100.
  static std::string Lines(int first, int last) {
    std::string text;
    for (int step = first; step <= last; ++step) text += Line(step);
    return text;
  }
  static std::string Line(int step) {
    return "step " + std::to_string(step) + ": loss " + std::to_string(step / 100) + "." +
           std::to_string(step % 100 / 10) + std::to_string(step % 10) + "\n";
  }
  /// The steps from `first` to `last`, as Steps gives them.
  static std::vector<int> Range(int first, int last) {
    std::vector<int> steps;
    for (int step = first; step <= last; ++step) steps.push_back(step);
    return steps;
  }

  /// Starts (or, after Stop or Kill, starts again) a tailer of these sources.
  void Follow(std::vector<sources::SourceOptions> sources) {
    sources_ = std::move(sources);
    tailer_ = std::make_unique<sources::Tailer>(files_, sources_, options_);
    std::vector<sources::FilePosition> positions;
    for (const auto& [file, position] : saved_) positions.push_back(position);
    saved_.clear();
    tailer_->Restore(std::move(positions));
  }
  void Follow(const std::string& path) {
    sources::SourceOptions source;
    source.path = path;
    Follow({source});
  }
  void Restart() {
    Follow(sources_);
    Tick(std::chrono::nanoseconds(0));
  }

  /// Lets `time` go by, then polls until nothing is left unread.
  void Tick(std::chrono::nanoseconds time = std::chrono::seconds(10)) {
    now_.steady += time;
    now_.wall += time;
    files_.Tick(time.count());
    sources::Tailer::Turn turn;
    do {
      turn = tailer_->Poll(now_);
      Take(turn);
    } while (turn.more);
    next_poll_ = turn.next_poll;
  }
  void Drain(sources::Tailer::LastLine last_line = sources::Tailer::LastLine::kUse) {
    const auto turn = tailer_->Drain(now_, last_line);
    Take(turn);
  }

  void Take(const sources::Tailer::Turn& turn) {
    for (const sources::FileBatch& batch : turn.batches) {
      batches_.push_back(batch);
      if (batch.finished) finished_.push_back(batch.job);
      if (batch.position) saved_[batch.file] = *batch.position;
      for (const core::Sample& sample : batch.samples) {
        steps_[batch.job].push_back(static_cast<int>(sample.step.value_or(-1)));
      }
    }
    for (const std::uint64_t file : turn.forgotten) saved_.erase(file);
    for (const sources::TailerNotice& notice : turn.notices) notices_.push_back(notice);
  }

  /// The steps of the samples of a job so far, in the order in which they came.
  std::vector<int> Steps(const std::string& job = "a") { return steps_[job]; }
  std::vector<std::string> Jobs() const {
    std::vector<std::string> jobs;
    for (const auto& [job, steps] : steps_) jobs.push_back(job);
    return jobs;
  }
  int Count(sources::TailerNotice::Kind kind) const {
    int count = 0;
    for (const sources::TailerNotice& notice : notices_) count += notice.kind == kind;
    return count;
  }
  std::uint64_t Errors(const std::string& reason) {
    const auto stats = tailer_->stats();
    const auto found = stats.errors.find(reason);
    return found == stats.errors.end() ? 0 : found->second;
  }

  MemoryFileSystem files_;
  sources::TailerOptions options_;
  std::vector<sources::SourceOptions> sources_;
  std::unique_ptr<sources::Tailer> tailer_;
  core::Instant now_{std::chrono::seconds(100), core::Timestamp(std::chrono::nanoseconds(1'000'000'000'000'000'000))};
  std::chrono::nanoseconds next_poll_{0};
  std::vector<sources::FileBatch> batches_;
  std::vector<sources::TailerNotice> notices_;
  std::vector<std::string> finished_;
  std::map<std::string, std::vector<int>> steps_;
  std::map<std::uint64_t, sources::FilePosition> saved_;  ///< as the owner of the trackers keeps them
};

}  // namespace lossd::test
