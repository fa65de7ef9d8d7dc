// Of several trainings that write into one log, follows one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "records/record.h"

namespace lossd::records {

/// Two trainings that were started into the same file print the same names with counters of their own: "step 100 loss
/// 2.5", "step 10 loss 7.0", "step 200 loss 2.4". A counter that falls back is otherwise a run that has begun anew, or
/// an epoch that has; so the record that falls is held back, with those behind it, until the log shows which it is:
///
/// - the counter goes on from where it fell to: one training. All are given.
/// - the log goes back and forth between counters each of which only moves forward, for long enough, and something else
///   tells the records apart as well (the words of the lines, the total, the learning rate, the level of the loss):
///   several trainings. The one that was heard first is followed, until it has fallen silent for long.
/// - neither: one training, and the question is not asked again.
///
/// Bounded memory. Copies no records: the caller holds them.
class ParallelRuns {
 public:
  enum class Decision : std::uint8_t {
    kFollow,
    kHold,
    kRelease,  ///< all that is held is of one training; then this one
    kChoose,   ///< of what is held only what IsHeldFollowed says, then this one if Follows
    kIgnore,
  };

  /// Decides about a record of the training loss `loss` that has a counter of its own: an exact step, or an epoch.
  Decision Select(const Record& record, const LossValue& loss);

  /// Decides about any other record with losses: it is of the training whose counter is nearest, else of the one that
  /// was heard last. Never holds.
  bool Excludes(const Record& record) const;

  /// Whether a record whose counter goes on may be held, or be of another training.
  bool MayExclude() const { return state_ == State::kAsking || state_ == State::kSeveral; }

  /// No record follows: kChoose or kRelease, without one at hand.
  Decision Finish();

  /// After kChoose: whether the held record with that number, from 0, is to be given.
  bool IsHeldFollowed(std::size_t held) const { return held_[held] == followed_; }
  /// After kChoose: whether the record at hand is.
  bool Follows() const { return last_heard_ == followed_; }

 private:
  /// (epoch, step) in lexical order, each where it is printed.
  struct Position {
    double epoch = 0, step = 0;
    auto operator<=>(const Position&) const = default;
  };
  struct Range {
    double low = 0, high = 0;
    bool known = false;
    void Add(double value);
    bool IsApart(const Range& other) const { return known && other.known && (high < other.low || low > other.high); }
  };
  /// One counter that only moves forward, and what stands with it.
  struct Run {
    Position last;
    double stride = 0;          // of the step, from one record to the next; 0 where it is not known
    double loss = 0, rate = 0;  // the last ones
    std::uint64_t layout = 0;
    bool same_layout = true;
    Range losses, rates, totals;
    int records = 0;
    int silent_for = 0;  // records of the others since
  };
  enum class State : std::uint8_t { kOne, kAsking, kSeveral, kNotAsked };

  static Position PositionOf(const Record& record);
  bool Falls(const Position& at, const Record& record, const LossValue& loss) const;
  bool IsToldAgain(const Record& record) const;
  void BeginToAsk(const Record& record, const LossValue& loss);
  Decision Ask(const Record& record, const LossValue& loss);
  Decision AnswerOne(const Record& record, const LossValue& loss);
  Decision Route(const Record& record, const LossValue& loss);
  /// The run that the record goes on with; nothing where its counter fits none.
  std::optional<std::size_t> RunOf(const Record& record, const LossValue& loss) const;
  bool IsNearer(std::size_t i, std::size_t k, const Record& record, const LossValue& loss) const;
  bool AreToldApart(int by_words, int by_numbers) const;
  static void Note(Run& run, const Position& at, const Record& record, const LossValue& loss);
  static void Add(Run& run, const Record& record, const LossValue& loss);
  void Open(const Record& record, const LossValue& loss);

  State state_ = State::kOne;
  std::uint64_t form_ = 0;         // of the records that are asked about
  std::vector<Run> runs_;          // in kOne and kNotAsked the only one
  std::vector<std::size_t> held_;  // the run of each record that the caller holds
  std::size_t followed_ = 0;
  std::size_t last_heard_ = 0;
  int in_a_row_ = 0;      // of the run heard last
  int patience_ = 0;      // how many in a row answer the question
  bool abreast_ = false;  // the counters are the same
  int answered_one_ = 0;  // falls that were new beginnings
  std::uint64_t taken_ = 0;
};

}  // namespace lossd::records
