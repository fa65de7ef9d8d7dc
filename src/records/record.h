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
};

/// One record. Kept and refilled: allocation-free once warm.
class Record {
 public:
  static constexpr std::uint32_t kNowhere = 0xFFFFFFFF;

  std::optional<std::int64_t> step;
  std::uint8_t step_rank = 0;  ///< see the ranks in vocabulary.h
  double total_steps = 0;      ///< 41 in `17/41`
  std::optional<double> epoch, learning_rate, gradient_norm;
  std::optional<std::int64_t> rank;  ///< of the process that wrote the record, where a field of it says so
  bool bar = false;                  ///< redrawn by a progress bar
  bool whole_epoch = false;   ///< the epoch is printed as a whole number: where no steps are logged it counts as one
  std::uint64_t text = 0;     ///< hash of the record as it stands, prefixes left out
  bool leads = false;         ///< the step or epoch stands at the head of the line: it may be meant for the lines below
  bool sure = false;          ///< a record of training beyond doubt; else it must repeat before it is believed
  bool has_eval = false;      ///< tells an evaluation loss
  bool preliminary = false;   ///< in a form that a better one often follows: a bar, an estimate
  bool block = false;         ///< gathered from many lines
  bool whole_object = false;  ///< an object that begins its line: no prose
  bool row = false;           ///< one row of a table of names and values: the step stands in another
  bool nan_iterations = false;  ///< says that iterations ended in NaN (Megatron leaves the loss out of such lines)
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
  bool HasContext() const { return step || epoch || learning_rate; }

 private:
  std::vector<LossValue> losses_;  // the first count_ are in use
  std::size_t count_ = 0;
};

/// Fills `reading` from the fields of `line`. `options` may name the user's own keys.
void Interpret(std::string_view line, const Fields& fields, const ReaderOptions& options, Record& reading);

}  // namespace lossd::records
