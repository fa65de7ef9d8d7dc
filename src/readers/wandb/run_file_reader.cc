#include "readers/wandb/run_file_reader.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "readers/wandb/run_file_framer.h"
#include "readers/wandb/run_record.h"
#include "records/named_values.h"
#include "records/vocabulary.h"

namespace lossd::readers {
namespace {

LineResult Ignore(records::Ignored reason, std::string_view why) { return {reason, {}, {}, nullptr, why}; }

std::optional<core::Timestamp> TimeOf(const RunRecord& record) {
  // Beyond the year 2262 nanoseconds do not fit.
  if (!(record.time > 0 && record.time < 9.2e9)) return std::nullopt;
  return core::Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(record.time * 1e9)));
}

}  // namespace

struct RunFileReader::State {
  explicit State(const records::ReaderOptions& options_) : options(options_), values("wandb", options_) {}

  Entry Take(const RunFileFramer::Record& found);

  LineResult TakeRow() {
    row.clear();
    for (const RunValue& value : record.values) row.push_back({value.key, value.value});
    const auto result = values.Read({row, StepOfRow(), std::nullopt, TimeOf(record)});
    const bool none = result.samples.empty();
    return {result.ignored, values.format(), result.samples, nullptr,
            none ? result.why : "keys known as those of losses"};
  }

  /// W&B counts the calls of log() where its user gives no step. A counter within the epoch is no better.
  std::optional<std::int64_t> StepOfRow() {
    std::uint8_t rank = 0;
    std::optional<std::int64_t> step;
    for (const RunValue& value : record.values) {
      const bool own = !options.step_key.empty() && value.key == options.step_key;
      const records::Meaning meaning = records::MeaningOf(value.key);
      const std::uint8_t found = own ? 9 : meaning.role == records::Role::kStep ? meaning.rank : std::uint8_t{0};
      text::Number counter;
      counter.value = value.value;
      if (found < records::kIterationNumber || found <= rank || !text::AsStep(counter)) continue;
      rank = found;
      step = text::AsStep(counter);
    }
    if (step) trainer_step = step;
    return trainer_step ? trainer_step : record.step;
  }

  records::ReaderOptions options;
  RunFileFramer framer;
  std::uint64_t number = 0;  ///< of the last record
  std::uint64_t pushed = 0;  ///< offset behind the bytes that were handed in
  bool finished = false;
  RunRecord record;
  std::string run;
  std::optional<std::int64_t> trainer_step;
  std::vector<records::NamedValues::Value> row;
  records::NamedValueReader values;
};

RunFileReader::RunFileReader(const records::ReaderOptions& options) : state_(std::make_unique<State>(options)) {}
RunFileReader::~RunFileReader() = default;

bool RunFileReader::Handles(std::string_view path) { return path.ends_with(".wandb"); }

Likeness RunFileReader::Begins(std::string_view bytes) {
  if (StartsAsRunFile(bytes)) return Likeness::kYes;
  return MayStartAsRunFile(bytes) ? Likeness::kTooFewBytes : Likeness::kNo;
}

void RunFileReader::Push(std::string_view bytes) {
  state_->pushed += bytes.size();
  state_->finished = false;
  state_->framer.Push(bytes);
}

Reader::Entry RunFileReader::Next() {
  const auto found = state_->framer.Next();
  return found ? state_->Take(*found) : Entry{};
}

Reader::Entry RunFileReader::State::Take(const RunFileFramer::Record& found) {
  Entry entry;
  entry.number = ++number;
  entry.result = Ignore(records::Ignored::kNoLoss, "no row of the history");
  switch (found.fault) {
    case RunFileFramer::Fault::kNone:
      break;
    case RunFileFramer::Fault::kTooLong:
      entry.result = Ignore(records::Ignored::kTooLong, "a record longer than the limit");
      return entry;
    case RunFileFramer::Fault::kDamaged:
      entry.result =
          Ignore(records::Ignored::kUnparsable, "a record is damaged: it and the rest of its block are passed over");
      return entry;
    case RunFileFramer::Fault::kWrongHead:
      entry.result = Ignore(records::Ignored::kUnparsable, "no W&B run file: its first bytes are wrong");
      return entry;
  }
  if (!ParseRunRecord(found.message, record)) {
    entry.result = Ignore(records::Ignored::kUnparsable, "a record is no W&B record");
    return entry;
  }
  switch (record.kind) {
    case RunRecord::Kind::kRow:
      entry.result = TakeRow();
      break;
    case RunRecord::Kind::kRun:
      run = record.name.empty() ? record.id : record.name;
      entry.result.why = "says who the run is";
      break;
    case RunRecord::Kind::kExit:
      entry.exit_status = record.exit_code;
      entry.result.why = "says that the run has ended";
      break;
    case RunRecord::Kind::kOther:
      break;
  }
  return entry;
}

Reader::Entry RunFileReader::Finish() {
  State& state = *state_;
  if (std::exchange(state.finished, true)) return {};
  const auto rest = state.values.Finish();
  if (rest.samples.empty()) return {};
  return {{}, state.number, {rest.ignored, state.values.format(), rest.samples, nullptr, "the file ended"}};
}

bool RunFileReader::Resume(const Place& place) {
  if (!place.behind_entry) return false;
  state_->framer.Reset(place.offset);
  state_->pushed = place.offset;
  state_->finished = false;
  return true;
}

std::uint64_t RunFileReader::offset() const {
  return state_->framer.damaged() ? state_->pushed : state_->framer.offset();
}

std::string_view RunFileReader::run() const { return state_->run; }

}  // namespace lossd::readers
