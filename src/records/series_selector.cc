#include "records/series_selector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace lossd::records {
namespace {

/// Times that a record must repeat to be believed where nothing else vouches for it.
constexpr int kRepeats = 3;
constexpr std::uint64_t kUnsureLines = 2000;
constexpr std::size_t kMostUnsureForms = 8;
constexpr std::size_t kMostUnsureRecords = 64;
constexpr std::size_t kMostSeries = 256;
/// Records of ranks of which none has come round again.
constexpr std::size_t kMostHeld = 256;

constexpr const char* kOfOtherProcess = "of another process of the job: one of them is followed";
constexpr const char* kOfOtherTraining = "of another training that writes into the same log: one of them is followed";
constexpr const char* kNoName =
    "no number in it has a name known as that of a loss (for one of its own: keys in the configuration)";

bool IsIntegral(double value) { return std::abs(value) < 1e15 && value == std::floor(value); }
bool OnlyIntegers(const Record& record) {
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    if (!IsIntegral(record.loss(i).value)) return false;
  }
  return true;
}

/// "loss_A: 0.25, loss_B: 0.5"
bool IsPairOfParts(const Record& record) {
  if (record.loss_count() < 2) return false;
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    if (record.loss(i).kind != LossKind::kComponent || IsIntegral(record.loss(i).value)) return false;
  }
  return true;
}

int Quality(const LossValue& loss, const Record& record) {
  int kind = 2;
  if (loss.kind == LossKind::kCriterion || loss.kind == LossKind::kSmoothed) kind = 1;
  if (loss.kind == LossKind::kProxy) kind = 0;
  return kind * 4 + (record.step_source == StepSource::kRecord ? 2 : 0) + (record.IsBar() ? 0 : 1);
}

}  // namespace

void SeriesSelector::EnterSection(Phase section, std::uint64_t heading) {
  steady_ = {};
  section_ = section;
  pass_began_ = true;
  heading_ = heading;
  trains_under_heading_ = trains_under_heading_ || (heading != 0 && section == Phase::kTrain);
}

/// "Validation", alone on its line, above "loss: 0.5", in a log whose training has such a heading, too.
bool SeriesSelector::IsUnderHeading(const Record& record, std::uint64_t line) const {
  constexpr std::uint64_t kLines = 8;
  return heading_ != 0 && line - heading_ <= kLines && trains_under_heading_ && section_ != Phase::kTrain &&
         !record.step && !record.epoch && record.loss(0).phase == Phase::kUnsaid;
}

/// "Early stopping, best iteration is:", and below it a record whose counter has been passed.
bool SeriesSelector::IsBestAgain(const Record& record, std::uint64_t line) {
  constexpr std::uint64_t kLines = 2;
  const bool announced = line - std::exchange(best_line_, 0) <= kLines;
  const LossSeries* const series = announced ? Find(record.loss(0).series) : nullptr;
  return series != nullptr && series->HasPassed(record.step, record.epoch);
}

SeriesSelector::Decision SeriesSelector::Ask(Record& record, const std::optional<std::int64_t>& rank,
                                             std::uint64_t line, SampleBuffer& samples) {
  if (best_line_ != 0 && record.loss_count() != 0 && IsBestAgain(record, line))
    return {Ignored::kDuplicate, "the best record, told again"};
  if (record.loss_count() != 0 && IsUnderHeading(record, line)) {
    Record evaluation = record;
    evaluation.MoveTo(section_);
    heading_ = 0;
    return Ask(evaluation, rank, line, samples);
  }
  record.step_source = record.step ? StepSource::kRecord : StepSource::kNone;
  context_.NoteCounter(record, line);
  if (record.loss_count() == 0) {
    if (ranks_.Excludes(rank)) return {Ignored::kOtherRank, kOfOtherProcess};
    return SelectContext(record, line, samples);
  }
  if (rank) {
    if (const auto decision = FilterByRank(record, rank, line, samples)) return *decision;
  }
  context_.Join(record, line);
  if (!Believes(record, line, samples)) {
    return {Ignored::kNone,
            "held back: no step, epoch, rate or phase stands with it, so it is believed only when it repeats"};
  }
  if (!rank) {
    if (const auto decision = FilterByRun(record, line, samples)) return *decision;
  }
  return Emit(record, line, samples);
}

/// The training loss of a record that has a counter of its own.
const LossValue* SeriesSelector::CountedTrainingLoss(const Record& record) {
  const bool stepped = record.step_source == StepSource::kRecord && record.step_form == StepForm::kExact;
  if (record.IsBar() || (!stepped && (record.step || !record.epoch))) return nullptr;
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    const LossValue& loss = record.loss(i);
    if (loss.series != core::kTrainSeries) continue;
    // Most lines tell no total and are in no section: those need no second look.
    const bool may_evaluate = record.total_steps != 0 || section_ == Phase::kValidation || section_ == Phase::kTest;
    return may_evaluate && IsEvaluation(loss, record, Find(core::kTrainSeries)) ? nullptr : &loss;
  }
  return nullptr;
}

std::optional<SeriesSelector::Decision> SeriesSelector::FilterByRun(const Record& record, std::uint64_t line,
                                                                    SampleBuffer& samples) {
  const LossValue* const loss = CountedTrainingLoss(record);
  const ParallelRuns::Decision decision = loss != nullptr          ? runs_.Select(record, *loss)
                                          : runs_.Excludes(record) ? ParallelRuns::Decision::kIgnore
                                                                   : ParallelRuns::Decision::kFollow;
  switch (decision) {
    case ParallelRuns::Decision::kFollow:
      return std::nullopt;
    case ParallelRuns::Decision::kIgnore:
      return Decision{Ignored::kOtherRank, kOfOtherTraining};
    case ParallelRuns::Decision::kHold:
      held_of_runs_.push_back({record, line, std::nullopt});
      context_.Remember(record, line);
      return Decision{Ignored::kNone, "held back until it shows whether it is of another training in the same log"};
    case ParallelRuns::Decision::kRelease:
    case ParallelRuns::Decision::kChoose:
      break;
  }
  EmitHeldOfRuns(decision, samples);
  if (decision == ParallelRuns::Decision::kRelease || runs_.Follows()) return std::nullopt;
  return Decision{Ignored::kOtherRank, kOfOtherTraining};
}

void SeriesSelector::EmitHeldOfRuns(ParallelRuns::Decision decision, SampleBuffer& samples) {
  const std::vector<Held> held = std::move(held_of_runs_);
  held_of_runs_.clear();
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (decision == ParallelRuns::Decision::kRelease || runs_.IsHeldFollowed(i))
      Emit(held[i].record, held[i].line, samples);
  }
}

std::optional<SeriesSelector::Decision> SeriesSelector::FilterByRank(Record& record,
                                                                     const std::optional<std::int64_t>& rank,
                                                                     std::uint64_t line, SampleBuffer& samples) {
  switch (ranks_.Select(rank)) {
    case RankFilter::Decision::kIgnore:
      return Decision{Ignored::kOtherRank, kOfOtherProcess};
    case RankFilter::Decision::kFollow:
      break;
    case RankFilter::Decision::kHold:
      context_.Join(record, line);
      if (held_.size() < kMostHeld) held_.push_back({record, line, rank});
      return Decision{Ignored::kNone, "held back until it shows which process is to be followed"};
    case RankFilter::Decision::kRelease:
      for (const Held& held : held_) {
        if (held.rank == rank) Emit(held.record, held.line, samples);
      }
      break;
  }
  held_.clear();
  return std::nullopt;
}

SeriesSelector::Decision SeriesSelector::SelectContext(const Record& record, std::uint64_t line,
                                                       SampleBuffer& samples) {
  if (TakeMissingLoss(record, line, samples)) {
    context_.Remember(record, line);
    return {Ignored::kNone, "the loss is left out of this line, which tells that it is NaN"};
  }
  if (!record.HasContext()) return {Ignored::kNoLoss, kNoName};
  context_.RememberRates(record, line);
  if (!record.announces || record.IsBar()) {
    return {Ignored::kNoLoss, kNoName};
  }
  bool epoch_began = false;
  context_.Remember(record, line, &epoch_began);
  if (epoch_began) {
    for (LossSeries& series : series_) series.EndOfBar(samples);
  }
  return {Ignored::kNone, "announces the step or the epoch of the lines below"};
}

/// Megatron leaves the loss out of a line whose iterations all ended in NaN; others print only the gradient norm, NaN.
bool SeriesSelector::TakeMissingLoss(const Record& record, std::uint64_t line, SampleBuffer& samples) {
  LossSeries* const train = Find(core::kTrainSeries);
  if (train == nullptr || !(record.step || record.epoch)) return false;
  const bool norm_is_nan = record.gradient_norm && !std::isfinite(*record.gradient_norm) && train->has_gradient_norm();
  if (!(record.nan_iterations && record.step) && !norm_is_nan) return false;
  Telling telling;
  telling.value = std::numeric_limits<double>::quiet_NaN();
  telling.line = line;
  telling.step = record.step;
  telling.own_step = record.step.has_value();
  telling.epoch = record.epoch;
  telling.learning_rate = record.learning_rate;
  telling.gradient_norm = record.gradient_norm;
  telling.form = train->form();
  train->TakeMissing(telling, samples);
  return true;
}

void SeriesSelector::EndBlock() {
  steady_ = {};
  context_.EndBlock();
  for (LossSeries& series : series_) series.Separate();
}

void SeriesSelector::BelievePhased(SampleBuffer& samples) {
  std::vector<Unsure> phased;
  for (Unsure& unsure : unsure_) {
    if (unsure.phased) phased.push_back(std::move(unsure));
  }
  std::erase_if(unsure_, [](const Unsure& unsure) { return unsure.phased; });
  for (const Unsure& unsure : phased) {
    for (const Held& held : unsure.records) Emit(held.record, held.line, samples);
  }
}

bool SeriesSelector::IsOfFollowedForm(std::uint64_t form) const {
  return std::any_of(series_.begin(), series_.end(), [&](const LossSeries& series) { return series.form() == form; });
}

bool SeriesSelector::Believes(const Record& record, std::uint64_t line, SampleBuffer& samples) {
  bool sure = record.trust == Trust::kAtOnce;
  if (sure && !is_training_log_) {
    is_training_log_ = true;
    BelievePhased(samples);  // what named its phase was right all along
  }
  if (sure && unsure_.empty()) return true;
  const LossValue& loss = record.loss(0);
  const bool component =
      (loss.kind == LossKind::kComponent && !IsPairOfParts(record)) || loss.kind == LossKind::kReward;
  sure = sure || (is_training_log_ && loss.phase != Phase::kUnsaid && !component) || IsOfFollowedForm(loss.form);
  // A setting repeats, too, but does not move; and no loss of a model is a whole number for long.
  if (!sure && ((component && record.shape != Shape::kObject && !record.epoch) || OnlyIntegers(record))) return false;
  const auto known =
      std::find_if(unsure_.begin(), unsure_.end(), [&](const Unsure& unsure) { return unsure.form == loss.form; });
  if (!sure && known != unsure_.end()) {
    if (line - known->line > kUnsureLines) {
      known->count = 0;
      known->records.clear();
    }
    known->line = line;
    known->varies =
        known->varies || (!known->records.empty() && known->records.back().record.loss(0).value != loss.value);
    sure = ++known->count >= kRepeats && known->varies;
  }
  if (!sure) {
    HoldUnsure(known, record, line);
    return false;
  }
  if (known != unsure_.end()) {
    const std::vector<Held> records = std::move(known->records);
    unsure_.erase(known);
    // Where another form has told the same between them, they are no row of records that could take its place.
    const LossSeries* const series = Find(loss.series);
    const bool told_between = series != nullptr && series->form() != loss.form && !records.empty() &&
                              series->last_line() > records.front().line;
    if (told_between) return true;
    for (const Held& held : records) Emit(held.record, held.line, samples);
  }
  return true;
}

void SeriesSelector::HoldUnsure(std::vector<Unsure>::iterator known, const Record& record, std::uint64_t line) {
  if (known == unsure_.end()) {
    if (unsure_.size() == kMostUnsureForms) unsure_.erase(unsure_.begin());
    unsure_.push_back({record.loss(0).form, line, 1, false, record.loss(0).phase != Phase::kUnsaid, {}});
    known = unsure_.end() - 1;
  }
  if (known->records.size() < kMostUnsureRecords) known->records.push_back({record, line, std::nullopt});
}

LossSeries* SeriesSelector::Find(std::string_view name) {
  for (LossSeries& series : series_) {
    if (series.name() == name) return &series;
  }
  return nullptr;
}

LossSeries* SeriesSelector::SeriesOf(LossSeries* found, std::string_view& name, Phase phase) {
  if (found != nullptr && found->phase() != phase && name == core::kEvalSeries) {
    name = phase == Phase::kTest ? "test" : "val";
    found = Find(name);
  }
  if (found != nullptr) return found;
  if (series_.size() >= kMostSeries) return nullptr;
  return &series_.emplace_back(name, phase);
}

/// A validation pass in the form of a training pass: only its length, or the line above it, tells.
bool SeriesSelector::IsEvaluation(const LossValue& loss, const Record& record, const LossSeries* train) const {
  if (loss.phase != Phase::kUnsaid) return false;
  const double total = train == nullptr ? 0 : train->total_steps();
  const bool other_length = total != 0 && record.total_steps != 0 && record.total_steps != total &&
                            record.step_rank <= kStepNumber && !record.has_eval;
  const bool evaluating = section_ == Phase::kValidation || section_ == Phase::kTest;
  const bool much_shorter = section_ == Phase::kUnsaid && record.total_steps * 4 < total;
  // Below the whole bar of an epoch, and before another begins, a short one is none of its training.
  const bool behind_epoch = record.IsBar() && record.total_steps != 0 && !record.has_eval && !pass_began_ &&
                            train != nullptr && record.total_steps * 4 < train->whole_bar();
  const bool shorter = behind_epoch || (other_length && (evaluating || much_shorter));
  // "Test Error:" above "Avg loss: 0.5", where the steps of training are numbered.
  const bool summary = evaluating && record.step_source != StepSource::kRecord && loss.kind == LossKind::kSmoothed &&
                       train != nullptr && train->has_steps() && train->form() != loss.form;
  return shorter || summary;
}

Telling SeriesSelector::TellingOf(const LossValue& loss, const Record& record, std::uint64_t line, bool trains) const {
  Telling telling;
  telling.value = loss.value;
  telling.step = record.step;
  telling.epoch = record.epoch;
  if (loss.IsOf(record.learning_rate_scope)) telling.learning_rate = record.learning_rate;
  if (loss.IsOf(record.gradient_norm_scope)) telling.gradient_norm = record.gradient_norm;
  telling.total_steps = record.total_steps;
  telling.line = line;
  telling.form = loss.form;
  telling.layout = record.layout;
  telling.text = record.text;
  telling.shape = record.shape;
  telling.step_form = record.step_form;
  telling.own_rate = record.learning_rate_at != Record::kNowhere;
  telling.own_step = record.step_source == StepSource::kRecord;
  telling.numbered = telling.own_step ? !record.IsBar() && record.step_rank >= kBatchNumber
                                      : record.shape == Shape::kGathered && record.step.has_value();
  telling.only_counter = record.counters == 1 && record.standing != Standing::kOnly;
  telling.of_epoch = record.IsBar() || (telling.own_step && record.step_rank == kBareFraction);
  telling.component = loss.kind == LossKind::kComponent;
  telling.epoch_counts = context_.EpochCounts(record);
  telling.quality = Quality(loss, record) - (record.standing == Standing::kPreliminary && !record.IsBar() ? 1 : 0);
  const bool whole = loss.kind == LossKind::kPlain || loss.kind == LossKind::kTotal;
  const bool by_step =
      telling.own_step && record.step_rank >= kIterationNumber && record.step_form == StepForm::kExact && whole;
  telling.certain = record.standing == Standing::kOnly ||
                    (record.standing == Standing::kFinal && !record.IsBar() && (!trains || by_step));
  return telling;
}

SeriesSelector::Decision SeriesSelector::Emit(const Record& record, std::uint64_t line, SampleBuffer& samples) {
  const std::size_t before = samples.size();
  bool held = false, refused = false;
  for (std::size_t i = 0; i < record.loss_count(); ++i) {
    const LossValue& loss = record.loss(i);
    std::string_view name = loss.series;
    Phase phase = loss.phase;
    LossSeries* found = Find(name);
    bool trains = name == core::kTrainSeries;
    if (trains && IsEvaluation(loss, record, found)) {
      // Where training tells its validation, too, another evaluation is a test.
      name = trains_with_eval_ ? "test" : core::kEvalSeries;
      phase = trains_with_eval_ ? Phase::kTest : Phase::kValidation;
      trains = false;
      found = Find(name);
    }
    LossSeries* const series = SeriesOf(found, name, phase);
    if (series == nullptr) {
      refused = true;
      continue;
    }
    if (trains) {
      pass_began_ = false;
      trains_with_eval_ = trains_with_eval_ || record.has_eval;
    }
    held = series->Take(TellingOf(loss, record, line, trains), samples) == LossSeries::Outcome::kHeldBack || held;
  }
  const bool none = samples.size() == before;
  if (none && !held && refused) {
    return {Ignored::kTooManySeries,
            "the log has more losses than are followed: name those wanted in the configuration"};
  }
  if (none && !held) return {Ignored::kDuplicate, "told in another form or twice; another telling is followed"};
  context_.Remember(record, line);
  if (none) return {Ignored::kNone, "held back until the next loss shows that it is not told again, or better"};
  return {Ignored::kNone, kKnown};
}

void SeriesSelector::Finish(SampleBuffer& samples) {
  const std::vector<Held> held = std::move(held_);
  held_.clear();
  for (const Held& one : held) {
    if (one.rank == held.front().rank) Emit(one.record, one.line, samples);
  }
  if (!held_of_runs_.empty()) EmitHeldOfRuns(runs_.Finish(), samples);
  for (LossSeries& series : series_) series.Finish(samples);
}

}  // namespace lossd::records
