#include "records/loss_series.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace lossd::records {
namespace {

/// Records of an equally good form in a row, with none of the followed one between, after which it takes over.
constexpr std::size_t kEqualsInARow = 3;
constexpr std::size_t kWorseInARow = 12;
/// Tellings among which a form is chosen at the latest.
constexpr std::size_t kMostCandidates = 16;
/// Tellings of one step in a row after which it is no step at all.
constexpr std::size_t kMostOfOneStep = 64;
/// How far below its first telling a sample may be told again.
constexpr std::uint64_t kRetoldWithin = 64;
constexpr int kMissesInARow = 3;
constexpr int kDrawnOnce = 8;

bool IsIntegral(double value) { return std::abs(value) < 1e15 && value == std::floor(value); }

/// The digits of a number as it was printed, or fewer: those that name it.
struct Digits {
  int count = 0;
  double last = 0;  ///< what one more in the last digit is worth
};
Digits DigitsOf(double value) {
  std::array<char, 32> text{};
  const char* const end =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(value), std::chars_format::scientific).ptr;
  const char* const mark = std::find(text.data(), const_cast<char*>(end), 'e');
  int exponent = 0;
  std::from_chars(mark + (mark + 1 < end && mark[1] == '+' ? 2 : 1), end, exponent);
  const int count =
      static_cast<int>(std::count_if(text.data(), const_cast<char*>(mark), [](char c) { return c != '.'; }));
  return {count, std::pow(10.0, exponent - count + 1)};
}

/// Whether one may be the other printed to fewer digits.
bool SameButForRounding(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  if (!std::isfinite(a) || !std::isfinite(b) || a == 0 || b == 0) return false;
  // Half of the third digit is 1/200 of a number at most: most pairs are parted by that, and their digits never
  // counted.
  constexpr double kMostShare = 0.01;
  if (std::abs(a - b) > kMostShare * std::max(std::abs(a), std::abs(b))) return false;
  const Digits of_a = DigitsOf(a);
  const Digits of_b = DigitsOf(b);
  constexpr int kFewest = 3;
  return std::min(of_a.count, of_b.count) >= kFewest && std::abs(a - b) <= 0.51 * std::max(of_a.last, of_b.last);
}

/// NaN is printed as 0 by trainers that leave it out of their means.
bool SameLoss(double a, double b) {
  return SameButForRounding(a, b) || (std::isnan(a) && b == 0) || (a == 0 && std::isnan(b));
}

template <typename Value>
bool Contradict(const std::optional<Value>& a, const std::optional<Value>& b) {
  return a && b && !SameButForRounding(static_cast<double>(*a), static_cast<double>(*b));
}

bool SameEpoch(const Telling& a, const Telling& b) { return !Contradict(a.epoch, b.epoch); }

/// "Training Step: 12 | total loss: 0.5" above "epoch: 2 | loss: 0.5 -- iter: 64/1000": whether one of them counts
/// through all epochs, and the other within its own.
bool CountApart(const Telling& a, const Telling& b) {
  const Telling& within = a.total_steps != 0 ? a : b;
  return (a.total_steps != 0) != (b.total_steps != 0) && within.epoch.has_value();
}

/// Whether `b` tells in other words what `a` has told.
bool Retells(const Telling& a, const Telling& b) {
  const bool bars = a.shape == Shape::kBar && b.shape == Shape::kBar;
  if (a.layout == b.layout || bars || b.line - a.line > kRetoldWithin) return false;
  if (!SameLoss(a.value, b.value) || !SameEpoch(a, b)) return false;
  // A rate that stands between the two is joined to the second alone.
  if (a.own_rate && b.own_rate && Contradict(a.learning_rate, b.learning_rate)) return false;
  const bool both_exact = a.own_step && b.own_step && a.shape != Shape::kBar && b.shape != Shape::kBar;
  if (both_exact && a.step != b.step && !CountApart(a, b)) return false;
  if (a.form != b.form) return true;
  // The same names: something else must show that it is not only the same value again.
  const bool same_step = a.own_step && b.own_step && a.step == b.step && a.step_form == StepForm::kExact &&
                         a.only_counter && b.only_counter;
  const bool same_rate = a.learning_rate && b.learning_rate && a.epoch && b.epoch;
  return same_step || same_rate || (a.epoch_counts && b.epoch_counts && a.epoch == b.epoch);
}

/// Whether `b` is the record `a` once more: of another logger, or of a process that computes the same.
bool Repeats(const Telling& a, const Telling& b) {
  const bool counted = b.own_step && b.total_steps != 0 && b.shape != Shape::kBar && a.text == b.text;
  if (!b.numbered && !counted) return false;
  if (a.form != b.form || a.step != b.step || b.step_form != StepForm::kExact || !SameEpoch(a, b)) return false;
  return a.text == b.text || (b.own_step && b.only_counter && a.value == b.value);
}

bool IsWholeBar(const Telling& telling) {
  return telling.shape == Shape::kBar && telling.total_steps != 0 && telling.step &&
         static_cast<double>(*telling.step) == telling.total_steps;
}

/// Whether `b` stands below the announcement of an epoch, the first in the log, and `a` ended the one before.
bool BeginsEpochs(const Telling& a, const Telling& b) { return IsWholeBar(a) && !a.epoch && b.epoch; }

/// Whether `b` draws anew the bar that `a` drew.
bool Redraws(const Telling& a, const Telling& b) {
  if (BeginsEpochs(a, b)) return false;
  return a.shape == Shape::kBar && b.shape == Shape::kBar && a.form == b.form && a.step == b.step &&
         a.total_steps == b.total_steps && SameEpoch(a, b);
}

/// Of a value the printing with more digits.
void TakeFiner(std::optional<double>& value, const std::optional<double>& other) {
  if (!other) return;
  if (!value || (std::isfinite(*value) && std::isfinite(*other) && DigitsOf(*other).count > DigitsOf(*value).count))
    value = other;
}

/// What both tell.
void Merge(Telling& first, const Telling& second) {
  std::optional<double> value = first.value;
  TakeFiner(value, second.value);
  first.value = std::isnan(second.value) ? second.value : *value;
  TakeFiner(first.epoch, second.epoch);
  TakeFiner(first.learning_rate, second.learning_rate);
  TakeFiner(first.gradient_norm, second.gradient_norm);
  const bool whole_bar = IsWholeBar(first);
  const bool more_global = first.total_steps != 0 && second.own_step && CountApart(first, second);
  if (more_global || (second.own_step && (!first.own_step || first.shape == Shape::kBar))) {
    first.step = second.step;
    first.total_steps = second.total_steps;
    first.own_step = true;
  } else if (whole_bar && second.epoch_counts) {
    first.step.reset();  // the batches of an epoch
  }
  first.epoch_counts = first.epoch_counts || second.epoch_counts;
  first.shape = second.shape;
}

}  // namespace

const Telling* LossSeries::LastTelling() const {
  return !candidates_.empty() ? &candidates_.back() : open_ ? &*open_ : last_ ? &*last_ : nullptr;
}

bool LossSeries::HasPassed(const std::optional<std::int64_t>& step, const std::optional<double>& epoch) const {
  const Telling* const last = LastTelling();
  if (last == nullptr) return false;
  if (step && last->step) return *step <= *last->step;
  return epoch && last->epoch && *epoch <= *last->epoch;
}

double LossSeries::whole_bar() const {
  const Telling* const telling = LastTelling();
  return telling != nullptr && IsWholeBar(*telling) ? telling->total_steps : 0;
}

LossSeries::Outcome LossSeries::Take(const Telling& telling, SampleBuffer& samples) {
  NoteEpoch(telling);
  if (form_ == 0) return Choose(telling, samples);
  if (open_) {
    if (Retells(*open_, telling)) {
      Merge(*open_, telling);
      retold_layout_ = telling.layout;
      not_retold_ = 0;
      Emit(*open_, samples);
      open_.reset();
      return Outcome::kDuplicate;
    }
    if (records::Redraws(*open_, telling)) {
      redraws_ = Redraws::kSeen;
      open_ = telling;
      return Outcome::kHeldBack;
    }
    if (telling.form == form_ || telling.quality <= quality_) Release(samples);
  }
  if (RepeatsLast(telling)) return Outcome::kDuplicate;
  if (telling.form != form_ && !TakesOver(telling, samples)) return Outcome::kDuplicate;
  return Accept(telling, samples);
}

void LossSeries::NoteEpoch(const Telling& telling) {
  if (!telling.epoch_counts || telling.step || telling.shape == Shape::kBar) return;
  epochs_repeat_ = epochs_repeat_ ||
                   (told_epoch_ == telling.epoch && epoch_layout_ == telling.layout && epoch_text_ != telling.text);
  told_epoch_ = telling.epoch;
  epoch_layout_ = telling.layout;
  epoch_text_ = telling.text;
}

LossSeries::Outcome LossSeries::Choose(const Telling& telling, SampleBuffer& samples) {
  if (candidates_.empty() && !telling.certain) {
    candidates_.push_back(telling);
    return Outcome::kHeldBack;
  }
  if (!candidates_.empty()) {
    Telling& before = candidates_.back();
    if (Retells(before, telling)) {
      Merge(before, telling);
      retold_layout_ = telling.layout;
      Follow(before.form, std::max(before.quality, telling.quality), samples);
      return Outcome::kDuplicate;
    }
    if (records::Redraws(before, telling)) {
      redraws_ = Redraws::kSeen;
      before = telling;
      return Outcome::kHeldBack;
    }
    if (Repeats(before, telling)) return Outcome::kDuplicate;
    if (BeginsEpochs(before, telling)) before.step.reset();  // the batches of an epoch
  }
  const auto best = std::max_element(candidates_.begin(), candidates_.end(),
                                     [](const Telling& a, const Telling& b) { return a.quality < b.quality; });
  const bool known = std::any_of(candidates_.begin(), candidates_.end(),
                                 [&](const Telling& candidate) { return candidate.form == telling.form; });
  const bool better = best == candidates_.end() || telling.quality > best->quality;
  if (telling.certain && (better || known)) {
    Follow(telling.form, telling.quality, samples);
    return Accept(telling, samples);
  }
  if (!known && candidates_.size() < kMostCandidates) {
    candidates_.push_back(telling);
    return Outcome::kHeldBack;
  }
  if (better || best->form == telling.form || telling.quality == best->quality) {
    Follow(telling.form, telling.quality, samples);
    return Accept(telling, samples);
  }
  Follow(best->form, best->quality, samples);
  return Outcome::kDuplicate;
}

/// Gives the candidates of that form; the last of a bar goes on waiting.
void LossSeries::Follow(std::uint64_t form, int quality, SampleBuffer& samples) {
  form_ = form;
  quality_ = quality;
  for (const Telling& candidate : candidates_) {
    if (candidate.form == form) Emit(candidate, samples);
  }
  candidates_.clear();
}

LossSeries::Outcome LossSeries::Accept(const Telling& telling, SampleBuffer& samples) {
  rivals_.clear();
  rival_form_ = 0;
  quality_ = std::max(quality_, telling.quality);
  if (IsOfAnotherProcess(telling)) {
    if (same_step_.size() < kMostOfOneStep) return Outcome::kDuplicate;
    GiveStandingStep(samples);
    return Outcome::kTaken;
  }
  const bool may_be_redrawn = telling.shape == Shape::kBar && redraws_ != Redraws::kNever;
  const bool may_be_retold = retold_layout_ != 0 && telling.layout != retold_layout_ && not_retold_ < kMissesInARow;
  if (may_be_redrawn || may_be_retold) {
    open_ = telling;
    return Outcome::kHeldBack;
  }
  Emit(telling, samples);
  return Outcome::kTaken;
}

bool LossSeries::RepeatsLast(const Telling& telling) {
  if (!last_ || separated_) return false;
  if (records::Redraws(*last_, telling) || Repeats(*last_, telling)) return true;
  if (!Retells(*last_, telling)) return false;
  retold_layout_ = telling.layout;
  not_retold_ = 0;
  return true;
}

/// The ranks of a job that write into one file without saying who they are: the step of the sample before, with
/// another value. Not so where the step never moves, nor in a log of objects: a logger that is called twice in a step
/// means both.
bool LossSeries::IsOfAnotherProcess(const Telling& telling) {
  if (std::exchange(separated_, false) || step_stands_ || telling.shape == Shape::kObject || !telling.numbered ||
      !telling.own_step || !telling.only_counter || !last_ || !last_->own_step)
    return false;
  if (phase_ == Phase::kValidation || phase_ == Phase::kTest || telling.step_form == StepForm::kRounded) return false;
  if (last_->step != telling.step || last_->epoch != telling.epoch || last_->layout != telling.layout) {
    step_moves_ = step_moves_ || last_->step != telling.step;
    same_step_.clear();
    return false;
  }
  if (step_moves_) return true;
  same_step_.push_back(telling);
  return true;
}

bool LossSeries::TakesOver(const Telling& telling, SampleBuffer& samples) {
  // The parts of a loss that a program prints where it dies of them.
  if (telling.component && !std::isfinite(telling.value) && last_ && std::isfinite(last_->value)) {
    Emit(telling, samples);
    return false;
  }
  if (telling.quality > quality_) {
    open_.reset();
  } else {
    if (rival_form_ != telling.form) {
      rival_form_ = telling.form;
      rivals_.clear();
    }
    rivals_.push_back(telling);
    if (rivals_.size() < (telling.quality == quality_ ? kEqualsInARow : kWorseInARow)) return false;
    rivals_.pop_back();  // the caller gives it
    for (const Telling& held : rivals_) Emit(held, samples);
  }
  rivals_.clear();
  form_ = telling.form;
  quality_ = telling.quality;
  return true;
}

void LossSeries::Release(SampleBuffer& samples) {
  if (!open_) return;
  if (open_->shape == Shape::kBar) {
    if (redraws_ == Redraws::kUnknown && ++drawn_once_ == kDrawnOnce) redraws_ = Redraws::kNever;
  } else {
    ++not_retold_;
  }
  Emit(*open_, samples);
  open_.reset();
}

void LossSeries::EndOfBar(SampleBuffer& samples) {
  if (open_ && open_->shape == Shape::kBar) Release(samples);
}

void LossSeries::Finish(SampleBuffer& samples) {
  if (form_ == 0 && !candidates_.empty()) {
    const auto best = std::max_element(candidates_.begin(), candidates_.end(),
                                       [](const Telling& a, const Telling& b) { return a.quality < b.quality; });
    Follow(best->form, best->quality, samples);
  }
  Release(samples);
  GiveStandingStep(samples);
}

/// The step has never moved: all of what was told at it are samples, without a step.
void LossSeries::GiveStandingStep(SampleBuffer& samples) {
  step_stands_ = !same_step_.empty();
  for (const Telling& telling : same_step_) Emit(telling, samples);
  same_step_.clear();
}

bool LossSeries::IsSteady(std::uint64_t line) const {
  return last_line() == line && !open_ && candidates_.empty() && rivals_.empty() && same_step_.empty() && !separated_ &&
         !step_stands_;
}

void LossSeries::GoOn(const Record& record, std::uint64_t line, bool epoch_counts, SampleBuffer& samples) {
  const LossValue& loss = record.loss(0);
  Telling& telling = *last_;
  telling.value = loss.value;
  telling.step = record.step;
  telling.epoch = record.epoch;
  telling.learning_rate = loss.IsOf(record.learning_rate_scope) ? record.learning_rate : std::nullopt;
  telling.gradient_norm = loss.IsOf(record.gradient_norm_scope) ? record.gradient_norm : std::nullopt;
  telling.epoch_counts = epoch_counts;
  telling.line = line;
  telling.text = record.text;
  Give(telling, samples);
}

void LossSeries::Give(const Telling& telling, SampleBuffer& samples) {
  core::Sample& sample = samples.Add(telling.line);
  sample.loss.assign(name_);
  sample.value = telling.value;
  // Hugging Face's Trainer filters NaN losses out of its average and logs 0.0; the gradient norm still tells.
  if (telling.value == 0 && telling.gradient_norm && !std::isfinite(*telling.gradient_norm)) {
    sample.value = std::numeric_limits<double>::quiet_NaN();
  }
  // The whole bar of an epoch counts its batches; it is a step only where the bar is seen to move.
  const bool whole_bar = telling.of_epoch && telling.total_steps > 1 && telling.step &&
                         static_cast<double>(*telling.step) == telling.total_steps && telling.epoch && !has_steps_;
  // By value where there is one: most lines give a step alone.
  if (telling.step && !whole_bar && !step_stands_) {
    sample.step = *telling.step;
    has_steps_ = true;
  } else if (telling.epoch_counts && !has_steps_ && !epochs_repeat_ && IsIntegral(*telling.epoch)) {
    sample.step = static_cast<std::int64_t>(*telling.epoch);
  }
  if (telling.epoch) sample.epoch = *telling.epoch;
  if (telling.learning_rate) sample.learning_rate = *telling.learning_rate;
  if (telling.gradient_norm) sample.gradient_norm = *telling.gradient_norm;
  if (telling.total_steps != 0) total_steps_ = telling.total_steps;
}

}  // namespace lossd::records
