// The short way through SeriesSelector: of a record that goes on where the one before it was, nothing is asked again.
#include <utility>

#include "records/series_selector.h"

namespace lossd::records {

SeriesSelector::Decision SeriesSelector::Select(Record& record, const std::optional<std::int64_t>& rank,
                                                std::uint64_t line, SampleBuffer& samples) {
  if (GoesOn(record, rank)) {
    GoOn(record, line, samples);
    return {Ignored::kNone, kKnown};
  }
  const std::size_t before = samples.size();
  const Decision decision = Ask(record, rank, line, samples);
  if (samples.size() == before + 1) {
    NoteSteady(record, rank, line);
  } else {
    steady_ = {};
  }
  return decision;
}

/// A counter that only goes forward is no new run, no other training, no process that tells the same step, and no
/// record told again.
bool SeriesSelector::GoesOn(const Record& record, const std::optional<std::int64_t>& rank) const {
  return steady_.known && record.statement == steady_.statement && record.layout == steady_.layout && !rank &&
         record.step && *record.step > steady_.step && (!record.epoch || *record.epoch >= steady_.epoch);
}

/// What Ask and Emit do with such a record.
void SeriesSelector::GoOn(Record& record, std::uint64_t line, SampleBuffer& samples) {
  record.step_source = StepSource::kRecord;
  context_.NoteCounter(record, line);
  context_.Join(record, line);
  if (const LossValue* const loss = CountedTrainingLoss(record)) runs_.Select(record, *loss);
  series_[steady_.series].GoOn(record, line, context_.EpochCounts(record), samples);
  context_.Remember(record, line);
  steady_.step = *record.step;
  steady_.epoch = record.epoch.value_or(0);
}

void SeriesSelector::NoteSteady(const Record& record, const std::optional<std::int64_t>& rank, std::uint64_t line) {
  const Steady before = std::exchange(steady_, {});
  const bool plain = record.statement != 0 && !rank && record.loss_count() == 1 && !record.IsBar() &&
                     record.step_source == StepSource::kRecord && record.total_steps == 0;
  // What is held back may be given on any line.
  if (!plain || !unsure_.empty() || !held_.empty() || !held_of_runs_.empty()) return;
  if (runs_.MayExclude()) return;
  std::size_t series = 0;
  while (series < series_.size() && !series_[series].IsSteady(line)) ++series;
  if (series == series_.size()) return;
  const double epoch = record.epoch.value_or(0);
  steady_ = {record.statement, record.layout, *record.step, epoch, series, false};
  steady_.known = before.statement == record.statement && before.layout == record.layout && before.series == series &&
                  *record.step > before.step && epoch >= before.epoch;
}

}  // namespace lossd::records
