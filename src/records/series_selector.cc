#include "records/series_selector.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lossd::records {
namespace {

bool IsIntegral(double value) { return std::abs(value) < 1e15 && value == std::floor(value); }
bool OnlyIntegers(const Record& reading) {
  for (std::size_t i = 0; i < reading.loss_count(); ++i) {
    if (!IsIntegral(reading.loss(i).value)) return false;
  }
  return true;
}

/// Records of an equally good form in a row, with none of the followed one between, after which it takes over.
constexpr std::size_t kEqualsInARow = 3;
constexpr std::size_t kWorseInARow = 12;
/// Times that a record must repeat to be believed where nothing else vouches for it.
constexpr int kRepeats = 3;
constexpr std::uint64_t kUnsureLines = 2000;
constexpr std::size_t kMostUnsureForms = 8;
constexpr std::size_t kMostSeries = 256;

}  // namespace

SeriesSelector::Decision SeriesSelector::Judge(Record& reading, const std::optional<std::int64_t>& rank,
                                               std::uint64_t line, SampleBuffer& samples) {
  if (reading.loss_count() == 0) {
    if (ranks_.Excludes(rank)) return {Ignored::kOtherRank, "of a rank that is not followed"};
    return JudgeContext(reading, line, samples);
  }
  if (rank) {
    switch (ranks_.Judge(rank)) {
      case RankFilter::Verdict::kIgnore:
        return {Ignored::kOtherRank, "of a rank that is not followed"};
      case RankFilter::Verdict::kFollow:
        held_.clear();
        break;
      case RankFilter::Verdict::kHold:
        JoinContext(reading, line);
        for (std::size_t i = 0; i < reading.loss_count(); ++i) {
          Held held;
          Fill(held.sample, reading.loss(i).series, reading.loss(i), reading);
          held.rank = rank;
          held_.push_back(std::move(held));
        }
        return {Ignored::kNone, "held back until it shows which rank is to be followed"};
      case RankFilter::Verdict::kRelease:
        for (Held& held : held_) {
          if (held.rank == rank) samples.Add() = std::move(held.sample);
        }
        held_.clear();
        break;
    }
  }
  step_is_own_ = reading.step.has_value();
  JoinContext(reading, line);
  if (!Believes(reading, line, samples))
    return {Ignored::kNone, "held back: a lone loss is believed only when it repeats"};
  return Emit(reading, line, samples);
}

SeriesSelector::Decision SeriesSelector::JudgeContext(const Record& reading, std::uint64_t line,
                                                      SampleBuffer& samples) {
  if (reading.nan_iterations && reading.step) {
    // Megatron leaves the loss out of a line whose iterations all ended in NaN.
    for (Series& series : series_) {
      if (series.name != core::kTrainSeries) continue;
      core::Sample& sample = samples.Add();
      sample.loss = series.name;
      sample.value = std::numeric_limits<double>::quiet_NaN();
      sample.step = reading.step;
      sample.learning_rate = reading.learning_rate;
      Remember(reading, line);
      return {Ignored::kNone, "the loss is left out, and the line tells of iterations that ended in NaN"};
    }
  }
  if (!reading.HasContext()) return {Ignored::kNoLoss, "no loss in it"};
  if (reading.learning_rate) {
    pending_learning_rate_ = reading.learning_rate;
    pending_learning_rate_step_ = reading.step;
    pending_learning_rate_line_ = line;
  }
  step_is_own_ = reading.step.has_value();
  if (!reading.leads || reading.bar) return {Ignored::kNoLoss, "no loss in it"};
  Remember(reading, line);
  return {Ignored::kNone, "announces the step or the epoch of the lines below"};
}

void SeriesSelector::Remember(const Record& reading, std::uint64_t line) {
  if (reading.epoch) {
    if (pending_epoch_ != reading.epoch && !reading.step) pending_step_.reset();
    pending_epoch_ = reading.epoch;
    pending_epoch_is_whole_ = reading.whole_epoch;
  }
  if (reading.step && !reading.bar && step_is_own_) {
    // Of the counters of one table the most global one counts: time/iterations, then time/total_timesteps.
    const bool same_block = pending_step_ && !block_ended_ && line - pending_line_ <= 8 && reading.loss_count() == 0;
    block_ended_ = false;
    if (!same_block || reading.step_rank >= pending_rank_) {
      pending_step_ = reading.step;
      pending_rank_ = reading.step_rank;
    }
    pending_line_ = line;
  }
}

void SeriesSelector::JoinContext(Record& reading, std::uint64_t line) {
  const bool fresh = pending_step_ && line - pending_line_ <= kContextLines;
  // A training record with an epoch of its own is of that epoch, not of some step above.
  const bool of_epoch = reading.epoch && reading.loss(0).series == core::kTrainSeries;
  if (!reading.step && fresh && !of_epoch) {
    reading.step = pending_step_;
    reading.sure = true;
  }
  if (!reading.epoch && pending_epoch_) {
    reading.epoch = pending_epoch_;
    reading.whole_epoch = pending_epoch_is_whole_;
    reading.sure = reading.sure || reading.row || reading.loss(0).phase != Phase::kUnsaid || reading.loss_count() > 1;
  }
  const bool same_step = !pending_learning_rate_step_ || !reading.step || *pending_learning_rate_step_ == *reading.step;
  if (!reading.learning_rate && pending_learning_rate_ && same_step &&
      line - pending_learning_rate_line_ <= kContextLines) {
    reading.learning_rate = pending_learning_rate_;
  }
}

bool SeriesSelector::Believes(const Record& reading, std::uint64_t line, SampleBuffer& samples) {
  const std::uint64_t form = reading.loss(0).form;
  const auto known =
      std::find_if(unsure_.begin(), unsure_.end(), [&](const Unsure& unsure) { return unsure.form == form; });
  bool sure = reading.sure;
  if (sure && !is_training_log_) {
    is_training_log_ = true;
    // What named its phase was right all along.
    for (Unsure& unsure : unsure_) {
      if (!unsure.phased) continue;
      for (core::Sample& sample : unsure.samples) samples.Add() = std::move(sample);
      unsure.samples.clear();
    }
    std::erase_if(unsure_, [](const Unsure& unsure) { return unsure.phased; });
    return Believes(reading, line, samples);
  }
  if (!sure && is_training_log_ && reading.loss(0).phase != Phase::kUnsaid &&
      reading.loss(0).kind != LossKind::kComponent)
    sure = true;
  if (!sure) {
    sure = std::any_of(series_.begin(), series_.end(),
                       [&](const Series& series) { return series.any && series.form == form; });
  }
  // A setting repeats, too, but does not move; and no loss of a model is a whole number for long.
  const bool component = reading.loss(0).kind == LossKind::kComponent;
  if (!sure && ((component && !reading.whole_object && !reading.epoch) || OnlyIntegers(reading))) return false;
  if (!sure && known != unsure_.end()) {
    if (line - known->line > kUnsureLines) {
      known->count = 0;
      known->samples.clear();
    }
    known->line = line;
    known->varies = known->varies || (!known->samples.empty() && known->samples.back().value != reading.loss(0).value);
    sure = ++known->count >= kRepeats && known->varies;
  }
  constexpr std::size_t kMostHeld = 64;
  if (!sure && known != unsure_.end() && known->samples.size() >= kMostHeld) return false;
  if (sure) {
    if (known != unsure_.end()) {
      for (core::Sample& sample : known->samples) samples.Add() = std::move(sample);
      unsure_.erase(known);
    }
    return true;
  }
  Unsure* keep = nullptr;
  if (known != unsure_.end()) {
    keep = &*known;
  } else {
    if (unsure_.size() == kMostUnsureForms) unsure_.erase(unsure_.begin());
    unsure_.push_back({form, line, 1, false, reading.loss(0).phase != Phase::kUnsaid, {}});
    keep = &unsure_.back();
  }
  for (std::size_t i = 0; i < reading.loss_count(); ++i) {
    core::Sample sample;
    Fill(sample, reading.loss(i).series, reading.loss(i), reading);
    keep->samples.push_back(std::move(sample));
  }
  return false;
}

int SeriesSelector::Quality(const LossValue& loss, const Record& reading) const {
  int kind = 2;
  if (loss.kind == LossKind::kCriterion || loss.kind == LossKind::kSmoothed) kind = 1;
  if (loss.kind == LossKind::kProxy) kind = 0;
  return kind * 4 + (step_is_own_ ? 2 : 0) + (reading.bar ? 0 : 1);
}

SeriesSelector::Series* SeriesSelector::Find(std::string_view name) {
  for (Series& series : series_) {
    if (series.name == name) return &series;
  }
  return nullptr;
}

SeriesSelector::Series& SeriesSelector::SeriesOf(Series* found, std::string_view& name, Phase phase) {
  if (found != nullptr && found->phase != phase && name == core::kEvalSeries) {
    name = phase == Phase::kTest ? "test" : "val";
    found = Find(name);
  }
  if (found != nullptr) return *found;
  if (series_.size() >= kMostSeries) return series_.back();
  Series series;
  series.name = name;
  series.phase = phase;
  series_.push_back(std::move(series));
  return series_.back();
}

bool SeriesSelector::Follows(Series& series, const LossValue& loss, const Record& reading, SampleBuffer& samples) {
  const int quality = Quality(loss, reading);
  if (!series.any) {
    series.any = true;
    series.form = loss.form;
    series.quality = quality;
    return true;
  }
  if (series.form == loss.form) {
    series.rival_samples.clear();
    series.rival_form = 0;
    series.quality = std::max(series.quality, quality);
    return true;
  }
  if (quality > series.quality) {
    series.form = loss.form;
    series.quality = quality;
    series.rival_samples.clear();
    return true;
  }
  if (series.rival_form != loss.form) {
    series.rival_form = loss.form;
    series.rival_samples.clear();
  }
  core::Sample sample;
  Fill(sample, series.name, loss, reading);
  series.rival_samples.push_back(std::move(sample));
  if (series.rival_samples.size() < (quality == series.quality ? kEqualsInARow : kWorseInARow)) return false;
  series.rival_samples.pop_back();  // the caller adds it
  for (core::Sample& held : series.rival_samples) samples.Add() = std::move(held);
  series.rival_samples.clear();
  series.form = loss.form;
  series.quality = quality;
  return true;
}

void SeriesSelector::Fill(core::Sample& sample, std::string_view name, const LossValue& loss,
                          const Record& reading) const {
  sample.loss.assign(name);
  sample.value = loss.value;
  // Hugging Face's Trainer filters NaN losses out of its average and logs 0.0; the gradient norm still tells.
  if (loss.value == 0 && reading.gradient_norm && !std::isfinite(*reading.gradient_norm)) {
    sample.value = std::numeric_limits<double>::quiet_NaN();
  }
  // By value where there is one: most lines give a step alone.
  if (reading.step) sample.step = *reading.step;
  if (reading.epoch) sample.epoch = *reading.epoch;
  if (reading.learning_rate) sample.learning_rate = *reading.learning_rate;
  if (reading.gradient_norm) sample.gradient_norm = *reading.gradient_norm;
  if (!reading.step && reading.epoch && reading.whole_epoch && IsIntegral(*reading.epoch))
    sample.step = static_cast<std::int64_t>(*reading.epoch);
}

void SeriesSelector::SettleTentative(const Record& reading, SampleBuffer& samples) {
  if (tentative_.empty()) return;
  bool trains = false, again = false;
  for (std::size_t i = 0; i < reading.loss_count(); ++i) {
    trains = trains || reading.loss(i).series == core::kTrainSeries || reading.loss(i).kind == LossKind::kComponent;
    again = again || reading.loss(i).form == tentative_.front().form;
  }
  if (again) {
    for (Held& held : tentative_) samples.Add() = std::move(held.sample);
    released_form_ = tentative_.front().form;
  }
  if (again || trains) tentative_.clear();
}

SeriesSelector::Decision SeriesSelector::Emit(const Record& reading, std::uint64_t line, SampleBuffer& samples) {
  const std::size_t before = samples.size();
  bool duplicate = false;
  SettleTentative(reading, samples);
  for (std::size_t i = 0; i < reading.loss_count(); ++i) {
    const LossValue& loss = reading.loss(i);
    std::string_view name = loss.series;
    Phase phase = loss.phase;
    bool trains = name == core::kTrainSeries;
    Series* found = Find(name);
    if (trains) {
      const Series* const train = found;
      const double total = train == nullptr ? 0 : train->total_steps;
      // A validation pass in the form of a training pass: only its length, or the line above it, tells.
      const bool other_length = total != 0 && reading.total_steps != 0 && reading.total_steps != total &&
                                reading.step_rank <= kStepNumber && !reading.has_eval;
      const bool evaluating = section_ == Phase::kValidation || section_ == Phase::kTest;
      const bool shorter =
          other_length && (evaluating || (section_ == Phase::kUnsaid && reading.total_steps * 4 < total));
      // "Test Error:" above "Avg loss: 0.5", where the steps of training are numbered.
      const bool summary = evaluating && !step_is_own_ && loss.kind == LossKind::kSmoothed && train != nullptr &&
                           train->has_steps && train->form != loss.form;
      if ((shorter || summary) && loss.phase == Phase::kUnsaid) {
        name = core::kEvalSeries;
        phase = Phase::kValidation;
        trains = false;
        found = Find(name);
      }
    }
    Series& series = SeriesOf(found, name, phase);
    if (!series.any && reading.preliminary && (trains || reading.bar)) {
      // A bar gives way to a log line, and nanoGPT's estimate beside the evaluation loss to the training loss itself.
      if (!released_form_ || *released_form_ != loss.form) {
        Held held;
        held.form = loss.form;
        Fill(held.sample, name, loss, reading);
        tentative_.push_back(std::move(held));
        continue;
      }
    }
    if (!Follows(series, loss, reading, samples)) {
      duplicate = true;
      continue;
    }
    if (reading.total_steps != 0 && trains) series.total_steps = reading.total_steps;
    const bool numbered = step_is_own_ ? !reading.bar && reading.step_rank >= kBatchNumber : reading.block;
    if (numbered && reading.step && series.last_step == reading.step && series.last_text == reading.text) {
      duplicate = true;
      continue;
    }
    core::Sample& sample = samples.Add();
    Fill(sample, name, loss, reading);
    if (series.has_steps && !reading.step) sample.step.reset();
    if (reading.step) series.has_steps = true;
    series.last_step = reading.step;
    series.last_text = reading.text;
  }
  const bool none = samples.size() == before;
  if (none && duplicate) return {Ignored::kDuplicate, "told in another form or twice; another telling is followed"};
  Remember(reading, line);
  if (none) {
    return {Ignored::kNone, "held back until the log shows whether this is the training loss or an estimate of it"};
  }
  return {Ignored::kNone, "names known as those of losses"};
}

void SeriesSelector::Finish(SampleBuffer& samples) {
  if (!held_.empty()) {
    const auto rank = held_.front().rank;
    for (Held& held : held_) {
      if (held.rank == rank) samples.Add() = std::move(held.sample);
    }
    held_.clear();
  }
  for (Held& held : tentative_) samples.Add() = std::move(held.sample);
  tentative_.clear();
}

}  // namespace lossd::records
