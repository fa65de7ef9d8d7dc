#include "readers/tensorboard/event_file_reader.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "readers/tensorboard/event_framer.h"
#include "readers/tensorboard/event_record.h"
#include "records/named_values.h"

namespace lossd::readers {
namespace {

LineResult Ignore(records::Ignored reason, std::string_view why) { return {reason, {}, {}, nullptr, why}; }

std::optional<core::Timestamp> WallTime(const Event& event) {
  if (!(event.wall_time > 0 && event.wall_time < 1e11)) return std::nullopt;
  // Beyond the year 2262 nanoseconds do not fit.
  return core::Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(event.wall_time, 9e9) * 1e9)));
}

}  // namespace

struct EventFileReader::State {
  explicit State(const records::ReaderOptions& options) : values("tensorboard", options) {}

  /// Scalars of one event are values of one record, whose step all of them share.
  LineResult Take() {
    scalars.clear();
    for (const EventScalar& scalar : event.scalars) scalars.push_back({scalar.tag, scalar.value});
    const auto result = values.Read({scalars, event.step, std::nullopt, WallTime(event)});
    const bool none = result.samples.empty();
    return {result.ignored, values.format(), result.samples, nullptr,
            none ? result.why : "tags known as those of losses"};
  }

  EventFramer framer;
  std::uint64_t number = 0;  ///< of the last record
  std::uint64_t pushed = 0;  ///< offset behind the bytes that were handed in
  bool finished = false;
  Event event;
  std::vector<records::NamedValues::Value> scalars;
  records::NamedValueReader values;
};

EventFileReader::EventFileReader(const records::ReaderOptions& options) : state_(std::make_unique<State>(options)) {}
EventFileReader::~EventFileReader() = default;

bool EventFileReader::Handles(std::string_view path) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.find("tfevents") != std::string_view::npos;
}

/// The length of a first record is small: bytes that cannot be one need not wait for its checksum.
Likeness EventFileReader::Begins(std::string_view bytes) {
  constexpr std::size_t kLengthBytes = 8, kHeaderBytes = 12;
  if (StartsAsEventFile(bytes)) return Likeness::kYes;
  const std::string_view upper = bytes.substr(0, kLengthBytes).substr(std::min<std::size_t>(bytes.size(), 4));
  const bool small = upper.find_first_not_of('\0') == std::string_view::npos;
  return small && bytes.size() < kHeaderBytes ? Likeness::kTooFewBytes : Likeness::kNo;
}

void EventFileReader::Push(std::string_view bytes) {
  state_->pushed += bytes.size();
  state_->finished = false;
  state_->framer.Push(bytes);
}

Reader::Entry EventFileReader::Next() {
  State& state = *state_;
  const auto record = state.framer.Next();
  if (!record) return {};
  const std::uint64_t number = ++state.number;
  switch (record->fault) {
    case EventFramer::Fault::kNone:
      break;
    case EventFramer::Fault::kTooLong:
      return {{}, number, Ignore(records::Ignored::kTooLong, "a record longer than the limit")};
    case EventFramer::Fault::kWrongMessage:
      return {{}, number, Ignore(records::Ignored::kUnparsable, "a record is damaged: its checksum is wrong")};
    case EventFramer::Fault::kWrongLength:
      return {
          {},
          number,
          Ignore(records::Ignored::kUnparsable, "the length of a record is damaged: nothing behind it can be read")};
  }
  if (!ParseEvent(record->message, state.event)) {
    return {{}, number, Ignore(records::Ignored::kUnparsable, "a record is no event")};
  }
  if (state.event.scalars.empty()) return {{}, number, Ignore(records::Ignored::kNoLoss, "no scalar in it")};
  return {{}, number, state.Take()};
}

Reader::Entry EventFileReader::Finish() {
  State& state = *state_;
  if (std::exchange(state.finished, true)) return {};
  const auto rest = state.values.Finish();
  if (rest.samples.empty()) return {};
  return {{}, state.number, {rest.ignored, state.values.format(), rest.samples, nullptr, "the file ended"}};
}

bool EventFileReader::Resume(const Place& place) {
  if (!place.behind_entry || state_->framer.damaged()) return false;
  state_->framer.Reset(place.offset);
  state_->pushed = place.offset;
  state_->finished = false;
  return true;
}

std::uint64_t EventFileReader::offset() const {
  return state_->framer.damaged() ? state_->pushed : state_->framer.offset();
}

}  // namespace lossd::readers
