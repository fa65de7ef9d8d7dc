// What lines announce for the losses below them.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>

#include "records/record.h"

namespace lossd::records {

/// A step, an epoch, a learning rate or a gradient norm that a line told without a loss. `line` counts the lines of the
/// log.
class PendingContext {
 public:
  /// Notes what a record tells. `epoch_began`, where given, becomes true where it opens another epoch.
  void Remember(const Record& record, std::uint64_t line, bool* epoch_began = nullptr);
  /// Notes rate and norm of a record without a loss.
  void RememberRates(const Record& record, std::uint64_t line);
  /// Notes the step of any record, should the next line tell only where its epoch stands.
  void NoteCounter(const Record& record, std::uint64_t line);
  /// Gives to a record what it does not tell itself and what holds for it.
  void Join(Record& record, std::uint64_t line) const;

  /// A rule was drawn, or a line left blank: the next step announced is that of other lines.
  void EndBlock() { block_ended_ = true; }
  /// Whether a line without a loss has announced a step that holds for the lines at `line`.
  bool HasAnnouncedStep(std::uint64_t line) const { return step_ && announced_ && line - line_ <= kLines; }
  bool HasEpoch() const { return epoch_.has_value(); }
  /// Whether the epoch of a record is a count. One that is printed whole is none where others were fractions.
  bool EpochCounts(const Record& record) const {
    constexpr double kExact = 1e15;
    return record.epoch && record.whole_epoch && !epochs_are_fractions_ && std::abs(*record.epoch) < kExact &&
           *record.epoch == std::floor(*record.epoch);
  }

 private:
  /// How far below its announcement a step still holds.
  static constexpr std::uint64_t kLines = 64;

  struct Rate {
    std::optional<double> value;
    std::optional<std::int64_t> step;
    std::uint64_t line = 0;
    std::uint32_t scope = 0;
  };
  static void Note(Rate& rate, const std::optional<double>& value, std::uint32_t scope, const Record& record,
                   std::uint64_t line);
  static bool Holds(const Rate& rate, const Record& record, std::uint64_t line);

  std::optional<std::int64_t> step_;
  std::uint8_t step_rank_ = 0;
  StepForm step_form_ = StepForm::kExact;
  std::optional<std::int64_t> counter_;  // told last, with a loss or without, and without a total
  std::uint64_t counter_line_ = 0;
  bool announced_ = false;  // by a line without a loss
  std::optional<double> epoch_;
  bool epoch_is_whole_ = false;
  bool epoch_of_record_ = false;  // the last record told it itself
  bool epochs_are_fractions_ = false;
  Rate learning_rate_, gradient_norm_;
  std::uint64_t line_ = 0;
  bool block_ended_ = false;  // since the last announcement
};

}  // namespace lossd::records
