#include "ingest/event_file_reader.h"

#include <cmath>
#include <string>

#include "ingest/arbiter.h"
#include "ingest/formats/event_record.h"
#include "ingest/formats/wire_format.h"
#include "ingest/reading.h"
#include "ingest/sample_buffer.h"

namespace lossd::ingest {
namespace {

constexpr std::size_t kHeader = 12;  // length, checksum of the length
constexpr std::size_t kFooter = 4;   // checksum of the record
/// A longer record is taken for damage. Graphs and images may be large; they are read only to be passed over.
constexpr std::uint64_t kMaxRecord = 256ULL << 20;

}  // namespace

struct EventFileReader::State {
  explicit State(const ReaderOptions& given) : options(given) {}

  /// Scalars of one event are fields of one record, whose step all of them share.
  LineResult Take() {
    fields.clear();
    fields.structure = Structure::kTable;
    for (const EventScalar& scalar : event.scalars) {
      Field field;
      field.name = scalar.tag;
      field.number.value = scalar.value;
      field.number.integral = scalar.value == std::floor(scalar.value);
      field.joint = ':';
      fields.all.push_back(field);
    }
    Interpret({}, fields, options, reading);
    reading.format = "tensorboard";
    reading.step = event.step;
    reading.step_rank = kGlobalStep;
    reading.sure = true;
    const Arbiter::Ruling ruling = arbiter.Judge(reading, std::nullopt, ++records, samples);
    Stamp();
    const bool none = samples.size() == 0;
    return {none ? ruling.ignored : Ignored::kNone, reading.format, samples.view(), nullptr,
            none ? ruling.why : "tags known as those of losses"};
  }

  void Stamp() {
    if (!(event.wall_time > 0 && event.wall_time < 1e11)) return;
    const auto time = core::Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(event.wall_time * 1e9)));
    for (std::size_t i = 0; i < samples.size(); ++i) samples.at(i).time = time;
  }

  ReaderOptions options;
  std::string buffer;     // from the start of the first record that is not whole
  std::size_t begin = 0;  // of the next record in the buffer
  std::uint64_t offset = 0;
  std::uint64_t records = 0;
  bool damaged = false;
  Event event;
  Fields fields;
  Reading reading;
  Arbiter arbiter;
  SampleBuffer samples;
};

EventFileReader::EventFileReader(const ReaderOptions& options) : state_(std::make_unique<State>(options)) {}
EventFileReader::~EventFileReader() = default;
EventFileReader::EventFileReader(EventFileReader&&) noexcept = default;
EventFileReader& EventFileReader::operator=(EventFileReader&&) noexcept = default;

bool EventFileReader::Handles(std::string_view path) {
  if (const std::size_t slash = path.rfind('/'); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.find("tfevents") != std::string_view::npos;
}

void EventFileReader::Push(std::string_view bytes) {
  State& state = *state_;
  state.buffer.erase(0, state.begin);
  state.begin = 0;
  if (!state.damaged) state.buffer.append(bytes);
}

std::optional<LineResult> EventFileReader::Next() {
  State& state = *state_;
  state.samples.clear();
  const std::string_view rest = std::string_view(state.buffer).substr(state.begin);
  if (state.damaged || rest.size() < kHeader) return std::nullopt;
  const auto length = LoadLittleEndian<std::uint64_t>(rest);
  const auto length_crc = LoadLittleEndian<std::uint32_t>(rest.substr(8));
  if (MaskedCrc32c(rest.substr(0, 8)) != length_crc || length > kMaxRecord) {
    state.damaged = true;
    return LineResult{Ignored::kUnparsable, {}, {}, nullptr, "the length of a record is damaged"};
  }
  if (rest.size() < kHeader + length + kFooter) return std::nullopt;
  const std::string_view message = rest.substr(kHeader, length);
  if (MaskedCrc32c(message) != LoadLittleEndian<std::uint32_t>(rest.substr(kHeader + length))) {
    state.damaged = true;
    return LineResult{Ignored::kUnparsable, {}, {}, nullptr, "a record is damaged"};
  }
  state.begin += kHeader + length + kFooter;
  state.offset += kHeader + length + kFooter;
  ParseEvent(message, state.event);
  if (state.event.scalars.empty()) return LineResult{Ignored::kNoLoss, {}, {}, nullptr, "no scalar in it"};
  return state.Take();
}

LineResult EventFileReader::Finish() {
  State& state = *state_;
  state.samples.clear();
  state.arbiter.Finish(state.samples);
  return {state.samples.size() == 0 ? Ignored::kBlank : Ignored::kNone, "tensorboard", state.samples.view(), nullptr,
          "the file ended"};
}

bool EventFileReader::damaged() const { return state_->damaged; }
std::uint64_t EventFileReader::offset() const { return state_->offset; }

}  // namespace lossd::ingest
