// Decides which of the records of a log become samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/sample.h"
#include "records/ignored.h"
#include "records/loss_series.h"
#include "records/parallel_runs.h"
#include "records/pending_context.h"
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

  /// Decides about one record and appends what it gives to `samples`. `line` counts the lines of the log.
  Decision Select(Record& record, const std::optional<std::int64_t>& rank, std::uint64_t line, SampleBuffer& samples);

  /// A line that only says what is going on, such as "Eval begin...".
  /// `heading`: the line of it, where it names the pass and says nothing else; 0 elsewhere.
  void EnterSection(Phase section, std::uint64_t heading = 0);

  /// The line says that the best record is told again below it.
  void AnnounceBest(std::uint64_t line) {
    steady_ = {};
    best_line_ = line;
  }

  /// Forgets what `line` told if it is not yet believed; false where there is no such thing.
  bool TakeBack(std::uint64_t line) {
    std::size_t taken = 0;
    for (Unsure& unsure : unsure_)
      taken += std::erase_if(unsure.records, [&](const Held& held) { return held.line == line; });
    return taken != 0;
  }

  /// A rule was drawn, or a line left blank: the next step announced is that of other lines.
  void EndBlock();

  /// No line follows: gives what was held back and nothing has contradicted.
  void Finish(SampleBuffer& samples);

  /// Whether a record of training or the beginning of an epoch was seen.
  bool KnowsTraining() const { return is_training_log_ || context_.HasEpoch(); }
  bool HasAnnouncedStep(std::uint64_t line) const { return context_.HasAnnouncedStep(line); }

 private:
  struct Held {
    Record record;
    std::uint64_t line = 0;
    std::optional<std::int64_t> rank;
  };
  /// Records of a form that has not repeated often enough to be believed.
  struct Unsure {
    std::uint64_t form = 0;
    std::uint64_t line = 0;
    int count = 0;
    bool varies = false;
    bool phased = false;  // the name says training or evaluation
    std::vector<Held> records;
  };

  /// Why a record is taken.
  static constexpr const char* kKnown = "names known as those of losses";

  /// Most lines of a log are of one statement, each some steps on: what was found out about two of them in a row holds
  /// for the next.
  struct Steady {
    std::uint64_t statement = 0, layout = 0;  // of the record before; 0: the next one is asked everything
    std::int64_t step = 0;
    double epoch = 0;
    std::size_t series = 0;
    bool known = false;
  };

  Decision Ask(Record& record, const std::optional<std::int64_t>& rank, std::uint64_t line, SampleBuffer& samples);
  bool GoesOn(const Record& record, const std::optional<std::int64_t>& rank) const;
  void GoOn(Record& record, std::uint64_t line, SampleBuffer& samples);
  void NoteSteady(const Record& record, const std::optional<std::int64_t>& rank, std::uint64_t line);
  std::optional<Decision> FilterByRank(Record& record, const std::optional<std::int64_t>& rank, std::uint64_t line,
                                       SampleBuffer& samples);
  std::optional<Decision> FilterByRun(const Record& record, std::uint64_t line, SampleBuffer& samples);
  void EmitHeldOfRuns(ParallelRuns::Decision decision, SampleBuffer& samples);
  const LossValue* CountedTrainingLoss(const Record& record);
  Decision SelectContext(const Record& record, std::uint64_t line, SampleBuffer& samples);
  bool TakeMissingLoss(const Record& record, std::uint64_t line, SampleBuffer& samples);
  bool Believes(const Record& record, std::uint64_t line, SampleBuffer& samples);
  void BelievePhased(SampleBuffer& samples);
  bool IsOfFollowedForm(std::uint64_t form) const;
  void HoldUnsure(std::vector<Unsure>::iterator known, const Record& record, std::uint64_t line);
  Decision Emit(const Record& record, std::uint64_t line, SampleBuffer& samples);
  bool IsBestAgain(const Record& record, std::uint64_t line);
  bool IsUnderHeading(const Record& record, std::uint64_t line) const;
  bool IsEvaluation(const LossValue& loss, const Record& record, const LossSeries* train) const;
  LossSeries* Find(std::string_view name);
  /// The series of that name, of which `found` is what Find gives; a new one where there is none. Validation and test
  /// losses in one log are two series: `name` then becomes that of the one that is meant. Null where there are too
  /// many.
  LossSeries* SeriesOf(LossSeries* found, std::string_view& name, Phase phase);
  Telling TellingOf(const LossValue& loss, const Record& record, std::uint64_t line, bool trains) const;

  RankFilter ranks_;
  ParallelRuns runs_;
  PendingContext context_;
  std::vector<LossSeries> series_;
  Steady steady_;
  std::vector<Held> held_;          // of other ranks, before one is chosen
  std::vector<Held> held_of_runs_;  // of what may be several trainings
  std::vector<Unsure> unsure_;
  Phase section_ = Phase::kUnsaid;
  std::uint64_t heading_ = 0;
  std::uint64_t best_line_ = 0;  // which announces the best record; 0 where none does
  bool trains_under_heading_ = false;
  bool pass_began_ = false;        // since the last training loss
  bool trains_with_eval_ = false;  // records of training tell an evaluation loss, too
  bool is_training_log_ = false;   // a record beyond doubt was seen
};

}  // namespace lossd::records
