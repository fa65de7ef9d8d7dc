#include "records/parallel_runs.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lossd::records {
namespace {

/// Records of each counter after which a log that goes back and forth between them is one of several trainings: where
/// the words of their lines differ, and where only numbers do.
constexpr int kEnoughByWords = 4;
constexpr int kEnoughByNumbers = 6;
constexpr std::size_t kMostRuns = 4;
constexpr std::size_t kMostHeld = 32;
/// Records of a counter that fell back, with none of another between, after which it is that of a run that has begun
/// anew: at the head of a log, where little has been given that would be mixed with others, later ...
constexpr int kInARowAtHead = 4;
constexpr int kInARow = 2;
constexpr std::uint64_t kHead = 16;
/// ... and once the log has gone back to a counter that is further ahead.
constexpr int kInARowBetween = 8;
/// After so many falls that were new beginnings the counter is one that falls as a rule.
constexpr int kFallsAsARule = 3;
/// Records of others after which a training has ended.
constexpr int kPatience = 64;

bool AreSameValue(double a, double b) {
  constexpr double kRounding = 0.01;
  return a == b || std::isnan(a) || std::isnan(b) || std::abs(a - b) <= kRounding * std::max(std::abs(a), std::abs(b));
}

}  // namespace

void ParallelRuns::Range::Add(double value) {
  if (!std::isfinite(value)) return;
  low = known ? std::min(low, value) : value;
  high = known ? std::max(high, value) : value;
  known = true;
}

ParallelRuns::Position ParallelRuns::PositionOf(const Record& record) {
  return {record.epoch.value_or(0), static_cast<double>(record.step.value_or(0))};
}

void ParallelRuns::Note(Run& run, const Position& at, const Record& record, const LossValue& loss) {
  run.stride = at.step - run.last.step;
  run.last = at;
  run.layout = record.layout;
  run.loss = loss.value;
  run.rate = record.learning_rate.value_or(0);
  ++run.records;
}

void ParallelRuns::Add(Run& run, const Record& record, const LossValue& loss) {
  const Position at = PositionOf(record);
  const bool first = run.records == 0;
  const double stride = run.stride;
  run.same_layout = run.same_layout && (first || run.layout == record.layout);
  const bool forward = !first && at > run.last;
  Note(run, at, record, loss);
  if (!forward) run.stride = stride;
  run.losses.Add(loss.value);
  if (run.rate != 0) run.rates.Add(run.rate);
  if (record.total_steps != 0) run.totals.Add(record.total_steps);
  run.silent_for = 0;
}

void ParallelRuns::Open(const Record& record, const LossValue& loss) {
  last_heard_ = runs_.size();
  Add(runs_.emplace_back(), record, loss);
  in_a_row_ = 1;
}

ParallelRuns::Decision ParallelRuns::Select(const Record& record, const LossValue& loss) {
  // A record with another set of counters is another telling: which of them is followed is decided elsewhere.
  const std::uint64_t form = loss.form * 4 + (record.step ? 2 : 0) + (record.epoch ? 1 : 0);
  if (runs_.empty()) form_ = form;
  if (form_ != form) return Excludes(record) ? Decision::kIgnore : Decision::kFollow;
  ++taken_;
  switch (state_) {
    case State::kNotAsked:
      return Decision::kFollow;
    case State::kAsking:
      return Ask(record, loss);
    case State::kSeveral:
      if (IsToldAgain(record)) return Follows() ? Decision::kFollow : Decision::kIgnore;
      return Route(record, loss);
    case State::kOne:
      break;
  }
  if (runs_.empty()) runs_.emplace_back();
  const Position at = PositionOf(record);
  if (Falls(at, record, loss)) {
    BeginToAsk(record, loss);
    return Decision::kHold;
  }
  Note(runs_.front(), at, record, loss);
  return Decision::kFollow;
}

/// Whether the counter is behind that of the record before. A record told again to fewer digits has its value.
bool ParallelRuns::Falls(const Position& at, const Record& record, const LossValue& loss) const {
  const Run& run = runs_.front();
  if (run.records == 0 || at > run.last) return false;
  // Lines of other words at the same step are of a training that goes abreast of the first.
  const bool abreast =
      at == run.last && record.shape != Shape::kObject && record.layout != run.layout && record.counters == 1;
  return (at < run.last || abreast) && !AreSameValue(loss.value, run.loss);
}

bool ParallelRuns::IsToldAgain(const Record& record) const {
  const Run& run = runs_[last_heard_];
  return run.last == PositionOf(record) && run.layout == record.layout;
}

void ParallelRuns::BeginToAsk(const Record& record, const LossValue& loss) {
  state_ = State::kAsking;
  abreast_ = PositionOf(record) == runs_.front().last;
  patience_ = taken_ > kHead ? kInARow : kInARowAtHead;
  Run& first = runs_.front();
  first.same_layout = true;
  first.records = 1;
  first.losses = first.rates = first.totals = {};
  first.losses.Add(first.loss);
  Open(record, loss);
  held_.assign(1, last_heard_);
}

std::optional<std::size_t> ParallelRuns::RunOf(const Record& record, const LossValue& loss) const {
  const Position at = PositionOf(record);
  // Words tell best, where each has its own.
  std::size_t of_words = 0, found = 0;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (!runs_[i].same_layout || runs_[i].layout != record.layout) continue;
    ++of_words;
    found = i;
  }
  if (of_words == 1) {
    constexpr int kKnown = 3;
    const bool known = std::ranges::all_of(runs_, [](const Run& run) { return run.records >= kKnown; });
    return at > runs_[found].last || known ? std::optional(found) : std::nullopt;
  }
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (at > runs_[i].last && (!best || IsNearer(i, *best, record, loss))) best = i;
  }
  return best;
}

/// Whether a record whose counter is ahead of both goes on with run `i` rather than with run `k`.
bool ParallelRuns::IsNearer(std::size_t i, std::size_t k, const Record& record, const LossValue& loss) const {
  const Run &a = runs_[i], &b = runs_[k];
  const double step = PositionOf(record).step;
  const auto strides = [&](const Run& run) { return run.stride != 0 && step - run.last.step == run.stride; };
  if (strides(a) != strides(b)) return strides(a);
  constexpr double kMuch = 2;
  const auto compare = [&](double value, double of_a, double of_b) {
    const double to_a = std::abs(value - of_a), to_b = std::abs(value - of_b);
    return to_a * kMuch < to_b ? 1 : to_b * kMuch < to_a ? -1 : 0;
  };
  if (record.learning_rate && a.rate != 0 && b.rate != 0) {
    if (const int nearer = compare(*record.learning_rate, a.rate, b.rate); nearer != 0) return nearer > 0;
  }
  if (const int nearer = compare(loss.value, a.loss, b.loss); nearer != 0) return nearer > 0;
  return a.last != b.last ? a.last > b.last : i == last_heard_;
}

ParallelRuns::Decision ParallelRuns::AnswerOne(const Record& record, const LossValue& loss) {
  runs_.resize(1);
  runs_.front() = {};
  Add(runs_.front(), record, loss);
  held_.clear();
  last_heard_ = 0;
  return Decision::kRelease;
}

ParallelRuns::Decision ParallelRuns::Ask(const Record& record, const LossValue& loss) {
  const std::size_t newest = runs_.size() - 1;
  if (IsToldAgain(record) && held_.size() < kMostHeld) {
    held_.push_back(last_heard_);
    return Decision::kHold;
  }
  const std::optional<std::size_t> run = RunOf(record, loss);
  if (!run) {
    if (runs_.size() == kMostRuns || held_.size() == kMostHeld) {
      state_ = ++answered_one_ == kFallsAsARule ? State::kNotAsked : State::kOne;
      return AnswerOne(record, loss);
    }
    Open(record, loss);
    held_.push_back(last_heard_);
    return Decision::kHold;
  }
  in_a_row_ = *run == last_heard_ ? in_a_row_ + 1 : 1;
  last_heard_ = *run;
  Add(runs_[*run], record, loss);
  if (*run != newest) patience_ = kInARowBetween;
  if (*run == newest && in_a_row_ >= patience_) {
    state_ = ++answered_one_ == kFallsAsARule ? State::kNotAsked : State::kOne;
    return AnswerOne(record, loss);
  }
  if (AreToldApart(kEnoughByWords, kEnoughByNumbers)) {
    state_ = State::kSeveral;
    return Decision::kChoose;
  }
  if (held_.size() == kMostHeld) {
    state_ = State::kNotAsked;
    return AnswerOne(record, loss);
  }
  held_.push_back(*run);
  return Decision::kHold;
}

bool ParallelRuns::AreToldApart(int by_words, int by_numbers) const {
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const Run &a = runs_[i], &b = runs_[k];
      const int records = std::min(a.records, b.records);
      const bool other_words = (a.same_layout && b.same_layout && a.layout != b.layout) || a.totals.IsApart(b.totals);
      const bool other_numbers = a.losses.IsApart(b.losses) || a.rates.IsApart(b.rates);
      // The lines of one step may have words of their own.
      const bool by_words_alone = other_words && !abreast_ && records >= by_words;
      if (!by_words_alone && !(other_numbers && records >= by_numbers)) return false;
    }
  }
  return true;
}

ParallelRuns::Decision ParallelRuns::Route(const Record& record, const LossValue& loss) {
  held_.clear();
  for (Run& run : runs_) ++run.silent_for;
  const std::optional<std::size_t> run = RunOf(record, loss);
  if (run) {
    last_heard_ = *run;
    Add(runs_[*run], record, loss);
  } else {
    // One of the others, or a further one, has begun anew.
    std::size_t place = runs_.size();
    for (std::size_t i = 0; i < runs_.size() && runs_.size() == kMostRuns; ++i) {
      if (i != followed_ && (place == runs_.size() || runs_[i].silent_for > runs_[place].silent_for)) place = i;
    }
    if (place == runs_.size()) runs_.emplace_back();
    runs_[place] = {};
    Add(runs_[place], record, loss);
    last_heard_ = place;
  }
  if (runs_[followed_].silent_for >= kPatience) followed_ = last_heard_;
  if (last_heard_ != followed_) return Decision::kIgnore;
  const bool alone = std::all_of(runs_.begin(), runs_.end(), [&](const Run& other) {
    return &other == &runs_[followed_] || other.silent_for >= kPatience;
  });
  if (alone) {
    runs_.front() = runs_[followed_];
    runs_.resize(1);
    followed_ = last_heard_ = 0;
    state_ = State::kOne;
  }
  return Decision::kFollow;
}

ParallelRuns::Decision ParallelRuns::Finish() {
  constexpr int kFewestByWords = 3, kFewestByNumbers = 4;
  const bool several = state_ == State::kAsking && AreToldApart(kFewestByWords, kFewestByNumbers);
  state_ = several ? State::kSeveral : State::kNotAsked;
  return several ? Decision::kChoose : Decision::kRelease;
}

bool ParallelRuns::Excludes(const Record& record) const {
  if (state_ != State::kSeveral) return false;
  if (record.step_source != StepSource::kRecord && !record.epoch) return last_heard_ != followed_;
  const Position at = PositionOf(record);
  const auto distance = [&](const Run& run) {
    return std::pair(std::abs(at.epoch - run.last.epoch), std::abs(at.step - run.last.step));
  };
  std::size_t nearest = last_heard_;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (distance(runs_[i]) < distance(runs_[nearest])) nearest = i;
  }
  return nearest != followed_;
}

}  // namespace lossd::records
