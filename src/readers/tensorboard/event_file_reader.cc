#include "readers/tensorboard/event_file_reader.h"

#include <cmath>

#include "readers/tensorboard/event_framer.h"
#include "readers/tensorboard/event_record.h"
#include "records/record.h"
#include "records/sample_buffer.h"
#include "records/series_selector.h"

namespace lossd::readers {
namespace {

LineResult Ignore(records::Ignored reason, std::string_view why) { return {reason, {}, {}, nullptr, why}; }

}  // namespace

struct EventFileReader::State {
  explicit State(const records::ReaderOptions& given) : options(given) {}

  /// Scalars of one event are fields of one record, whose step all of them share.
  LineResult Take() {
    fields.clear();
    fields.structure = records::Structure::kTable;
    for (const EventScalar& scalar : event.scalars) {
      records::Field field;
      field.name = scalar.tag;
      field.number.value = scalar.value;
      field.number.integral = scalar.value == std::floor(scalar.value);
      field.joint = ':';
      fields.all.push_back(field);
    }
    records::Interpret({}, fields, options, reading);
    reading.format = "tensorboard";
    reading.step = event.step;
    reading.step_rank = records::kGlobalStep;
    reading.sure = true;
    const records::SeriesSelector::Decision ruling = arbiter.Judge(reading, std::nullopt, ++records, samples);
    Stamp();
    const bool none = samples.size() == 0;
    return {none ? ruling.ignored : records::Ignored::kNone, reading.format, samples.view(), nullptr,
            none ? ruling.why : "tags known as those of losses"};
  }

  void Stamp() {
    if (!(event.wall_time > 0 && event.wall_time < 1e11)) return;
    const auto time = core::Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(event.wall_time * 1e9)));
    for (std::size_t i = 0; i < samples.size(); ++i) samples.at(i).time = time;
  }

  records::ReaderOptions options;
  EventFramer framer;
  std::uint64_t records = 0;
  Event event;
  records::Fields fields;
  records::Record reading;
  records::SeriesSelector arbiter;
  records::SampleBuffer samples;
};

EventFileReader::EventFileReader(const records::ReaderOptions& options) : state_(std::make_unique<State>(options)) {}
EventFileReader::~EventFileReader() = default;
EventFileReader::EventFileReader(EventFileReader&&) noexcept = default;
EventFileReader& EventFileReader::operator=(EventFileReader&&) noexcept = default;

bool EventFileReader::Handles(std::string_view path) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.find("tfevents") != std::string_view::npos;
}

void EventFileReader::Push(std::string_view bytes) { state_->framer.Push(bytes); }

std::optional<LineResult> EventFileReader::Next() {
  State& state = *state_;
  state.samples.clear();
  const auto record = state.framer.Next();
  if (!record) return std::nullopt;
  switch (record->fault) {
    case EventFramer::Fault::kNone:
      break;
    case EventFramer::Fault::kTooLong:
      return Ignore(records::Ignored::kTooLong, "a record longer than the limit");
    case EventFramer::Fault::kWrongMessage:
      return Ignore(records::Ignored::kUnparsable, "a record is damaged: its checksum is wrong");
    case EventFramer::Fault::kWrongLength:
      return Ignore(records::Ignored::kUnparsable, "the length of a record is damaged: nothing behind it can be read");
  }
  if (!ParseEvent(record->message, state.event)) return Ignore(records::Ignored::kUnparsable, "a record is no event");
  if (state.event.scalars.empty()) return Ignore(records::Ignored::kNoLoss, "no scalar in it");
  return state.Take();
}

LineResult EventFileReader::Finish() {
  State& state = *state_;
  state.samples.clear();
  state.arbiter.Finish(state.samples);
  return {state.samples.size() == 0 ? records::Ignored::kBlank : records::Ignored::kNone, "tensorboard",
          state.samples.view(), nullptr, "the file ended"};
}

void EventFileReader::Resume(std::uint64_t offset) { state_->framer.Reset(offset); }
bool EventFileReader::damaged() const { return state_->framer.damaged(); }
std::uint64_t EventFileReader::offset() const { return state_->framer.offset(); }
std::uint64_t EventFileReader::pending() const { return state_->framer.pending(); }

}  // namespace lossd::readers
