// Decides which of the readings of a log become samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "records/ignored.h"
#include "records/rank_filter.h"
#include "records/record.h"
#include "records/sample_buffer.h"

namespace lossd::records {

/// A log tells the same loss more than once: per step and per epoch, by the framework and by the layer above it, on
/// every rank. One telling of each series is followed. A step or an epoch announced by one line holds for the losses
/// below it. What is not surely a record of training is believed only when it repeats.
class SeriesSelector {
 public:
  struct Decision {
    Ignored ignored = Ignored::kNone;
    std::string_view why;
  };

  /// Judges one record and appends what it gives to `samples`. `line` counts the lines of the log.
  Decision Judge(Record& reading, const std::optional<std::int64_t>& rank, std::uint64_t line, SampleBuffer& samples);

  /// A line that only says what is going on, such as "Eval begin...".
  void EnterSection(Phase phase) { section_ = phase; }

  /// A rule was drawn, or a line left blank: the next step announced is that of other lines.
  void EndBlock() { block_ended_ = true; }

  /// No line follows: gives what was held back and nothing has contradicted.
  void Finish(SampleBuffer& samples);

  bool ExcludesRank(std::optional<std::int64_t> rank) const { return ranks_.Excludes(rank); }
  bool HasPendingStep(std::uint64_t line) const { return pending_step_ && line - pending_line_ <= kContextLines; }
  /// Nothing is held back, and `train` has settled on one form: records of that form need no arbitration across lines.
  bool settled() const { return held_.empty() && unsure_.empty(); }

 private:
  /// How far below its announcement a step still holds.
  static constexpr std::uint64_t kContextLines = 64;

  /// The telling of one series that is followed, and the one that may take its place.
  struct Series {
    std::string name;
    std::uint64_t form = 0;
    int quality = 0;
    Phase phase = Phase::kUnsaid;
    double total_steps = 0;
    bool has_steps = false;
    std::optional<std::int64_t> last_step;
    std::uint64_t last_text = 0;
    bool any = false;
    std::uint64_t rival_form = 0;
    std::vector<core::Sample> rival_samples;
  };
  struct Held {
    core::Sample sample;
    std::uint64_t form = 0;
    std::optional<std::int64_t> rank;
  };
  /// Samples of a form that has not repeated often enough to be believed.
  struct Unsure {
    std::uint64_t form = 0;
    std::uint64_t line = 0;
    int count = 0;
    bool varies = false;
    bool phased = false;  // the name says training or evaluation
    std::vector<core::Sample> samples;
  };

  void SettleTentative(const Record& reading, SampleBuffer& samples);
  void JoinContext(Record& reading, std::uint64_t line);
  void Remember(const Record& reading, std::uint64_t line);
  Decision JudgeContext(const Record& reading, std::uint64_t line, SampleBuffer& samples);
  bool Believes(const Record& reading, std::uint64_t line, SampleBuffer& samples);
  Decision Emit(const Record& reading, std::uint64_t line, SampleBuffer& samples);
  Series* Find(std::string_view name);
  /// The series of that name, of which `found` is what Find gives; a new one where there is none. Validation and test
  /// losses in one log are two series: `name` then becomes that of the one that is meant.
  Series& SeriesOf(Series* found, std::string_view& name, Phase phase);
  /// Whether `loss` is told in the form that is followed, or now takes over; the samples held for that come first.
  bool Follows(Series& series, const LossValue& loss, const Record& reading, SampleBuffer& samples);
  /// `sample` must be as SampleBuffer::Add gives it.
  void Fill(core::Sample& sample, std::string_view name, const LossValue& loss, const Record& reading) const;
  int Quality(const LossValue& loss, const Record& reading) const;

  RankFilter ranks_;
  std::vector<Series> series_;
  std::vector<Held> held_;  // of other ranks, before one is chosen
  std::vector<Unsure> unsure_;
  std::vector<Held> tentative_;                 // the first of a form that a better one may follow at once
  std::optional<std::uint64_t> released_form_;  // the form that has come again
  Phase section_ = Phase::kUnsaid;
  bool is_training_log_ = false;  // a record beyond doubt was seen

  // Announced by earlier lines.
  std::optional<std::int64_t> pending_step_;
  std::uint8_t pending_rank_ = 0;
  std::optional<double> pending_epoch_, pending_learning_rate_;
  std::optional<std::int64_t> pending_learning_rate_step_;
  std::uint64_t pending_line_ = 0;
  std::uint64_t pending_learning_rate_line_ = 0;
  bool step_is_own_ = false;
  bool pending_epoch_is_whole_ = false;
  bool block_ended_ = false;  // since the last announcement
};

}  // namespace lossd::records
