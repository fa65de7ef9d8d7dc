// One loss of a log, and which of its tellings becomes its samples.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/record.h"
#include "records/sample_buffer.h"

namespace lossd::records {

/// One loss as one record tells it.
struct Telling {
  double value = 0;  ///< as printed
  std::optional<std::int64_t> step;
  std::optional<double> epoch, learning_rate, gradient_norm;
  double total_steps = 0;
  std::uint64_t line = 0;
  std::uint64_t form = 0, layout = 0, text = 0;  ///< as in Record
  int quality = 0;                               ///< of several forms that of the highest is followed
  Shape shape = Shape::kLine;
  StepForm step_form = StepForm::kExact;
  bool certain = false;       ///< no better form is to be expected
  bool own_rate = false;      ///< the learning rate stands in the record itself
  bool own_step = false;      ///< the step stands in the record itself ...
  bool numbered = false;      ///< ... and is one that is told once for each sample ...
  bool only_counter = false;  ///< ... and no other number counts beside it
  bool of_epoch = false;      ///< the step counts what the epoch has, as a bar does: `48/48`
  bool component = false;     ///< a part of the loss
  bool epoch_counts = false;  ///< where no steps are logged the epoch is the step
};

/// A log tells the same loss in several forms: by batch and by epoch, by a bar and by a logger, by the framework and by
/// the layer above it. The form of the best quality is followed; it is chosen before the first sample is given, where
/// the first telling leaves it open. A sample that is told again at once in another form is one sample with what both
/// tell of it; a bar that is drawn again at the same count is one sample, the last drawing of it; the same step told
/// again with another value is that of another process. Where such a second telling is to be expected, the sample waits
/// for it, at most until the next one.
class LossSeries {
 public:
  LossSeries(std::string_view name, Phase phase) : name_(name), phase_(phase) {}

  enum class Outcome : std::uint8_t { kTaken, kHeldBack, kDuplicate };
  /// Appends to `samples` what the telling gives, and what was held back until now.
  Outcome Take(const Telling& telling, SampleBuffer& samples);

  /// Whether the record on `line` gave the last sample, and nothing is held back or half decided.
  bool IsSteady(std::uint64_t line) const;
  /// A record that differs from the one before in its values alone, and is some steps on, after IsSteady.
  void GoOn(const Record& record, std::uint64_t line, bool epoch_counts, SampleBuffer& samples);

  /// A new epoch begins: what a bar has drawn is not drawn again.
  void EndOfBar(SampleBuffer& samples);
  /// A rule was drawn: what follows repeats nothing.
  void Separate() { separated_ = true; }
  /// Nothing follows.
  void Finish(SampleBuffer& samples);

  /// The loss is left out of a record because it is NaN.
  void TakeMissing(const Telling& telling, SampleBuffer& samples) { Emit(telling, samples); }

  const std::string& name() const { return name_; }
  Phase phase() const { return phase_; }
  /// The form that is followed; 0 before one is chosen.
  std::uint64_t form() const { return form_; }
  /// Of the last sample given; 0 before the first.
  std::uint64_t last_line() const { return last_ ? last_->line : 0; }
  /// Whether the counter of a record, its step or else its epoch, is not beyond the last telling.
  bool HasPassed(const std::optional<std::int64_t>& step, const std::optional<double>& epoch) const;
  bool has_steps() const { return has_steps_; }
  bool has_gradient_norm() const { return last_ && last_->gradient_norm.has_value(); }
  double total_steps() const { return total_steps_; }
  /// The length of an epoch, where the last telling is its whole bar; else 0.
  double whole_bar() const;

 private:
  enum class Redraws : std::uint8_t { kUnknown, kSeen, kNever };

  const Telling* LastTelling() const;
  void NoteEpoch(const Telling& telling);
  Outcome Choose(const Telling& telling, SampleBuffer& samples);
  void Follow(std::uint64_t form, int quality, SampleBuffer& samples);
  Outcome Accept(const Telling& telling, SampleBuffer& samples);
  bool RepeatsLast(const Telling& telling);
  bool IsOfAnotherProcess(const Telling& telling);
  bool TakesOver(const Telling& telling, SampleBuffer& samples);
  void Release(SampleBuffer& samples);
  void GiveStandingStep(SampleBuffer& samples);
  void Emit(const Telling& telling, SampleBuffer& samples) {
    Give(telling, samples);
    last_ = telling;
  }
  void Give(const Telling& telling, SampleBuffer& samples);

  std::string name_;
  Phase phase_;
  std::uint64_t form_ = 0;
  int quality_ = 0;
  std::vector<Telling> candidates_;  // before a form is chosen
  std::optional<Telling> open_;      // waits to be told or drawn again
  std::optional<Telling> last_;      // the last one given
  std::uint64_t rival_form_ = 0;
  std::vector<Telling> rivals_;      // in a row, of a form that may take over
  std::vector<Telling> same_step_;   // in a row, before the step has ever moved
  std::uint64_t retold_layout_ = 0;  // of the lines that tell the last sample again
  int not_retold_ = 0;
  Redraws redraws_ = Redraws::kUnknown;
  int drawn_once_ = 0;
  double total_steps_ = 0;
  std::uint64_t epoch_text_ = 0, epoch_layout_ = 0;  // of the last telling that has an epoch and no step
  std::optional<double> told_epoch_;                 // ... and that epoch
  bool epochs_repeat_ = false;                       // several samples in an epoch: it is no step of theirs
  bool separated_ = false;
  bool has_steps_ = false;
  bool step_moves_ = false;
  bool step_stands_ = false;  // it counts nothing
};

}  // namespace lossd::records
