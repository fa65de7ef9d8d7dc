#include "readers/log/run_outcome.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "readers/log/failure_marker.h"
#include "readers/log/finish_marker.h"

namespace lossd::readers {
namespace {

constexpr std::size_t kLongestProgressLine = 1000;
constexpr std::size_t kFirstEvidence = 4;  ///< lines that are kept, beside the last ones

std::int64_t ToNumber(std::string digits) {
  std::erase(digits, ',');
  return digits.size() > 15 ? 0 : std::atoll(digits.c_str());
}

bool MayHoldProgress(std::string_view line) {
  return line.size() <= kLongestProgressLine &&
         (line.find('/') != std::string_view::npos || line.find(" of ") != std::string_view::npos);
}

/// Whether the text behind `N/M` makes it a date, a size or a part of something longer.
bool IsNoProgress(std::string_view behind) {
  static const RE2 kOther(R"(^(?:[/.:\w]|\s*[KMGT]i?B\b|[ T]\d\d:\d\d))");
  return RE2::PartialMatch(re2::StringPiece(behind.data(), behind.size()), kOther);
}

}  // namespace

void RunOutcome::Read(std::string_view line, std::span<const core::Sample> samples) {
  if (const auto text = frame_.Unwrap(line)) ReadText(*text, samples);
}

void RunOutcome::ReadText(std::string_view line, std::span<const core::Sample> samples) {
  if (!samples.empty() && !(failure_ && FailureOf(line))) {
    const core::Sample& last = samples.back();
    // The best value told once more, or a last evaluation.
    const bool repeats = last.loss != core::kTrainSeries || (last.step && step_ && *last.step <= *step_);
    if (ended_ && repeats) return;
    ended_ = false;
    failure_.reset();
    if (last.step && last.step != step_) step_before_ = std::exchange(step_, last.step);
    if (last.epoch && last.epoch != epoch_) epoch_before_ = std::exchange(epoch_, last.epoch);
    if (!first_epoch_) first_epoch_ = last.epoch;
    if (!MayHoldProgress(line)) return;
    if (!std::exchange(began_, true)) {
      const Progress first = ProgressOf(line);
      for (std::size_t i = 0; i < first.count; ++i) zero_based_[i] = first.pairs[i].done == 0;
    }
    before_.swap(progress_line_);
    progress_line_ = line;
    return;
  }
  if (IsFinishMarker(line)) {
    ended_ = true;
    failure_.reset();
    return;
  }
  const auto failure = FailureOf(line);
  if (failure && !failure_) failure_.emplace().reason = *failure;
  if (failure && core::SaysMore(*failure, failure_->reason)) {
    failure_->reason = *failure;
    failure_->last_line.clear();
  }
  if (failure && !core::SaysMore(failure_->reason, *failure)) failure_->last_line = line.substr(0, kEvidenceBytes);
  if (failure_) {
    AddEvidence(line);
  } else {
    ReadAnnouncement(line);
  }
}

void RunOutcome::AddEvidence(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  auto& lines = failure_->lines;
  if (lines.size() == kEvidenceLines) lines.erase(lines.begin() + kFirstEvidence);
  lines.emplace_back(line.substr(0, kEvidenceBytes));
}

void RunOutcome::ReadAnnouncement(std::string_view line) {
  static const RE2 kAnnounced(
      R"re((?i)\b(max_?steps|max_iters|total optimization steps|total_steps|num epochs|num_train_epochs|max_?epochs|total_epochs|num_?epochs|n_epochs|epochs)["']?\s*[:=]\s*(\d[\d,]*))re");
  if (line.size() > kLongestProgressLine) return;
  std::string name, digits;
  if (!RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), kAnnounced, &name, &digits)) return;
  const std::int64_t total = ToNumber(digits);
  if (total < 2) return;
  if (name.find("poch") != std::string::npos || name.find("POCH") != std::string::npos) {
    epochs_ = static_cast<double>(total);
  } else {
    steps_ = total;
  }
}

RunOutcome::Progress RunOutcome::ProgressOf(std::string_view line) {
  static const RE2 kPair(
      R"re((?i)(?:\b(?:epochs?|ep|steps?|iter|iters|iterations?|it|batch|batches|updates?|rounds?|progress|trees?)\b[^0-9A-Za-z]{0,4}|\|\s*|\[\s*|^\s*)(\d[\d,]*)\s*(?:/|of)\s*(\d[\d,]*))re");
  Progress progress;
  re2::StringPiece rest(line.data(), line.size());
  std::string done, total;
  while (progress.count < Progress::kMost && RE2::FindAndConsume(&rest, kPair, &done, &total)) {
    if (IsNoProgress({rest.data(), rest.size()})) continue;
    const Progress::Pair pair{ToNumber(done), ToNumber(total)};
    if (pair.total >= 2 && pair.done <= pair.total) progress.pairs[progress.count++] = pair;
  }
  return progress;
}

core::RunStage RunOutcome::Stage() const {
  using core::RunStage;
  const Progress now = ProgressOf(progress_line_), before = ProgressOf(before_);
  bool known = false, complete = true;
  for (std::size_t i = 0; i < now.count; ++i) {
    const auto [done, total] = now.pairs[i];
    const bool same = before.count == now.count && before.pairs[i].total == total;
    const std::int64_t stride = same ? std::max<std::int64_t>(done - before.pairs[i].done, 1) : 1;
    const std::int64_t next = done + stride;
    known = true;
    complete = complete && (zero_based_[i] ? next >= total : next > total);
  }
  if (steps_ > 0 && step_ && *step_ <= steps_) {
    known = true;
    complete = complete && *step_ + std::max<std::int64_t>(*step_ - step_before_.value_or(*step_), 1) >= steps_;
  } else if (steps_ == 0 && epochs_ > 0 && epoch_ && *epoch_ <= epochs_ && now.count == 0) {
    const double stride = std::max(*epoch_ - epoch_before_.value_or(*epoch_), 0.01);
    const bool zero_based = first_epoch_ == 0 && stride >= 1;
    known = true;
    complete =
        complete && *epoch_ + stride + (zero_based ? 1 : 0) > epochs_ - 1e-9 && (!zero_based || *epoch_ + 1 >= epochs_);
  }
  if (!known) return RunStage::kUnknown;
  return complete ? RunStage::kComplete : RunStage::kMiddle;
}

}  // namespace lossd::readers
