#include "records/pending_context.h"

#include <cmath>

#include "core/sample.h"

namespace lossd::records {

void PendingContext::Remember(const Record& record, std::uint64_t line, bool* epoch_began) {
  if (record.epoch) {
    if (epoch_ != record.epoch && record.step_source != StepSource::kRecord) step_.reset();
    if (epoch_began != nullptr) *epoch_began = epoch_ != record.epoch;
    epoch_ = record.epoch;
    if (record.epoch_at != Record::kNowhere) epoch_of_record_ = record.loss_count() != 0;
    epoch_is_whole_ = record.whole_epoch;
    epochs_are_fractions_ = epochs_are_fractions_ || *record.epoch != std::floor(*record.epoch);
  }
  if (record.step && !record.IsBar() && record.step_source == StepSource::kRecord) {
    // Of the counters of one table the most global one counts: time/iterations, then time/total_timesteps.
    const bool same_block = step_ && !block_ended_ && line - line_ <= 8 && record.loss_count() == 0;
    block_ended_ = false;
    if (!same_block || record.step_rank >= step_rank_) {
      step_ = record.step;
      step_rank_ = record.step_rank;
      step_form_ = record.step_form;
      announced_ = record.loss_count() == 0;
    }
    line_ = line;
  }
}

void PendingContext::NoteCounter(const Record& record, std::uint64_t line) {
  if (!record.step || record.total_steps != 0 || record.step_rank < kStepNumber) return;
  counter_ = record.step;
  counter_line_ = line;
}

void PendingContext::Note(Rate& rate, const std::optional<double>& value, std::uint32_t scope, const Record& record,
                          std::uint64_t line) {
  if (!value) return;
  rate.value = value;
  rate.step = record.step;
  rate.line = line;
  rate.scope = scope;
}

void PendingContext::RememberRates(const Record& record, std::uint64_t line) {
  // A rate before any step or epoch is that of a configuration.
  if (!record.step && !record.epoch && !step_ && !epoch_) return;
  Note(learning_rate_, record.learning_rate, record.learning_rate_scope, record, line);
  // Only below an announced step: a norm is of one step.
  if (record.step || HasAnnouncedStep(line)) {
    Note(gradient_norm_, record.gradient_norm, record.gradient_norm_scope, record, line);
    if (record.gradient_norm && !record.step) gradient_norm_.step = step_;
  }
}

bool PendingContext::Holds(const Rate& rate, const Record& record, std::uint64_t line) {
  return rate.value && line - rate.line <= kLines && (!rate.step || !record.step || *rate.step == *record.step);
}

void PendingContext::Join(Record& record, std::uint64_t line) const {
  const bool fresh = step_ && line - line_ <= kLines;
  // A training record with an epoch of its own is of that epoch, not of some step above.
  const bool of_epoch = record.epoch && record.loss(0).series == core::kTrainSeries;
  // "Batch 40 of 241" above "Average training loss: 0.5" and "Validation Loss: 0.6": those are of all batches.
  const LossValue& loss = record.loss(0);
  const bool of_batches = step_rank_ == kBatchNumber && announced_ && epoch_ &&
                          (loss.kind == LossKind::kSmoothed || loss.phase == Phase::kValidation);
  // "Training Step: 12" right above "epoch: 2, loss: 0.5, iter: 64/1000".
  constexpr std::uint64_t kRightBelow = 3;
  const bool counts_epoch =
      record.step && record.total_steps != 0 && record.epoch && !record.IsBar() && record.step_rank < kStepNumber;
  if (counts_epoch && counter_ && line != counter_line_ && line - counter_line_ <= kRightBelow) record.step = counter_;
  if (!record.step && fresh && !of_epoch && !of_batches) {
    record.step = step_;
    record.step_form = step_form_;
    record.step_source = StepSource::kAnnounced;
    record.trust = Trust::kAtOnce;
  }
  if (!record.epoch && epoch_ && !(record.cut && epoch_of_record_)) {
    record.epoch = epoch_;
    record.whole_epoch = epoch_is_whole_;
    const bool row = record.shape == Shape::kTableRow || record.shape == Shape::kGathered;
    if (row || record.loss(0).phase != Phase::kUnsaid || record.loss_count() > 1) record.trust = Trust::kAtOnce;
  }
  if (!record.learning_rate && Holds(learning_rate_, record, line)) {
    record.learning_rate = learning_rate_.value;
    record.learning_rate_scope = learning_rate_.scope;
  }
  if (!record.gradient_norm && gradient_norm_.step && record.step == gradient_norm_.step &&
      Holds(gradient_norm_, record, line) && !record.has_eval) {
    record.gradient_norm = gradient_norm_.value;
    record.gradient_norm_scope = gradient_norm_.scope;
  }
}

}  // namespace lossd::records
