// The meaning of one record of a log: what the fields that a recogniser of structure found say about the run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "records/field.h"
#include "records/reader_options.h"

namespace lossd::records {

/// One loss of a record.
struct LossValue {
  std::string series;
  double value = 0;
  LossKind kind = LossKind::kComponent;
  Phase phase = Phase::kUnsaid;
  std::uint32_t at = 0;                        ///< where in the line the number stands
  std::uint32_t name_begin = 0, name_end = 0;  ///< ... and the name
  std::uint64_t form = 0;  ///< equal for records that the same statement of a program wrote: the names, not the numbers
  std::uint32_t scope = 0;  ///< of `actor/pg_loss` that of the network `actor`; 0 where the name tells of none

  /// Whether a rate or a norm of the network `of` is one of this loss.
  bool IsOf(std::uint32_t of) const { return of == 0 || scope == 0 || scope == of; }
};

/// How a record stands in the log.
enum class Shape : std::uint8_t {
  kLine,      ///< words and numbers
  kBar,       ///< drawn by a progress bar, which may draw it again
  kObject,    ///< an object that begins its line: no prose
  kTableRow,  ///< one row of a table of names and values: the step stands in another
  kGathered,  ///< many lines
};

/// How far a record is to be believed.
enum class Trust : std::uint8_t {
  kRepeated,  ///< only once it has repeated: it may be prose, or a setting
  kAtOnce,    ///< a record of training beyond doubt
};

/// How a step is printed.
enum class StepForm : std::uint8_t {
  kExact,
  kRounded,  ///< `1K`, `3.20e+4`: the same for many steps
};

/// Where the step of a record comes from.
enum class StepSource : std::uint8_t {
  kNone,
  kRecord,     ///< it stands in it
  kAnnounced,  ///< by a line above
};

/// What a record is to others near it.
enum class Standing : std::uint8_t {
  kFinal,
  kOnly,         ///< the one telling of its values: a tool has handed them over
  kPreliminary,  ///< in a form that a better one often follows: a bar, an estimate
};

/// One record. Kept and refilled: allocation-free once warm.
class Record {
 public:
  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

  std::optional<std::int64_t> step;
  std::uint8_t step_rank = 0;  ///< see the ranks in vocabulary.h
  StepForm step_form = StepForm::kExact;
  StepSource step_source = StepSource::kNone;
  double total_steps = 0;  ///< 41 in `17/41`
  int counters = 0;        ///< how many numbers of it count something: `iter 3 step 1` has two
  std::optional<double> epoch, learning_rate, gradient_norm;
  std::uint32_t learning_rate_scope = 0, gradient_norm_scope = 0;  ///< as LossValue::scope
  std::optional<std::int64_t> rank;  ///< of the process that wrote the record, where a field of it says so
  Shape shape = Shape::kLine;
  Trust trust = Trust::kRepeated;
  Standing standing = Standing::kFinal;
  bool whole_epoch = false;  ///< the epoch is printed as a whole number: where no steps are logged it counts as one
  bool announces = false;    ///< the step or epoch stands at the head of the line: it may be meant for the lines below
  bool cut = false;          ///< its end is missing, and with it what it would have told there
  bool has_eval = false;     ///< tells an evaluation loss
  bool nan_iterations = false;  ///< says that iterations ended in NaN (Megatron leaves the loss out of such lines)
  std::uint64_t text = 0;       ///< hash of the record as it stands, prefixes left out
  std::uint64_t layout = 0;     ///< hash of the letters of the whole line: equal for lines of the same statement
  std::uint64_t statement = 0;  ///< equal for records that were read as one before but for values; 0: not known
  std::string_view format;
  /// Where in the line the numbers stand, and the first name that means something.
  std::uint32_t step_at = kNowhere, epoch_at = kNowhere, learning_rate_at = kNowhere, gradient_norm_at = kNowhere,
                rank_at = kNowhere;
  std::uint32_t record_at = 0;

  const std::vector<LossValue>& losses() const { return losses_; }
  std::size_t loss_count() const { return count_; }
  const LossValue& loss(std::size_t i) const { return losses_[i]; }
  LossValue& loss(std::size_t i) { return losses_[i]; }
  LossValue& Add();
  void Clear();
  /// Forgets perplexities and the like where a loss, or a better one of them, stands beside.
  void DropProxies();
  /// Makes the losses that name no phase those of `phase`.
  void MoveTo(Phase phase);
  /// What a record is judged by is the first of its losses.
  void PutRewardsLast();
  bool HasContext() const { return step || epoch || learning_rate || gradient_norm; }
  bool IsBar() const { return shape == Shape::kBar; }

 private:
  std::vector<LossValue> losses_;  // the first count_ are in use
  std::size_t count_ = 0;
};

/// Fills `record` from the fields of `line`. `options` may name the user's own keys.
void Interpret(std::string_view line, const Fields& fields, const ReaderOptions& options, Record& record);

}  // namespace lossd::records
