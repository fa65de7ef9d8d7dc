#include "ingest/shape_memory.h"

#include <cmath>
#include <optional>

#include "ingest/formats/characters.h"
#include "ingest/formats/number.h"

namespace lossd::ingest {
namespace {

using std::string_view;

/// The number at a place where one stood in the line that was kept; nothing where something else begins there now.
std::optional<Number> Reread(string_view line, const NumberPlace& place) {
  const auto number = ScanNumber(line.substr(place.at));
  if (!number || number->length != place.length) return std::nullopt;
  return number;
}

bool Reread(string_view line, const NumberPlace& place, std::optional<double>& value) {
  if (!value) return true;
  const auto number = Reread(line, place);
  if (number) value = number->value;
  return number.has_value();
}

/// Whether every number of the reading is the one that stands in the line at its place.
bool IsAsItStands(string_view line, const Reading& reading) {
  const auto stands = [&](const NumberPlace& place, double value) {
    const auto number = place.at < line.size() ? Reread(line, place) : std::nullopt;
    return number && (number->value == value || (std::isnan(number->value) && std::isnan(value)));
  };
  for (std::size_t i = 0; i < reading.loss_count(); ++i) {
    if (!stands(reading.loss(i).place, reading.loss(i).value)) return false;
  }
  return (!reading.step || stands(reading.step_place, static_cast<double>(*reading.step))) &&
         (!reading.epoch || stands(reading.epoch_place, *reading.epoch)) &&
         (!reading.learning_rate || stands(reading.learning_rate_place, *reading.learning_rate)) &&
         (!reading.gradient_norm || stands(reading.gradient_norm_place, *reading.gradient_norm));
}

}  // namespace

string_view ShapeMemory::ShapeOf(string_view line) {
  shape_.resize(line.size());
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    shape_[i] = c >= '0' && c <= '9' ? '0' : c;
  }
  return shape_;
}

bool ShapeMemory::Recall(string_view line, Reading& reading) {
  if (kept_.empty() || line.size() > kLongestLine) return false;
  const string_view shape = ShapeOf(line);
  for (std::size_t n = 0; n < kept_.size(); ++n) {
    const std::size_t at = (last_ + n) % kept_.size();
    const Kept& kept = kept_[at];
    if (kept.shape != shape) continue;
    for (const Fixed& fixed : kept.fixed) {
      if (line.substr(fixed.at, fixed.bytes.size()) != fixed.bytes) return false;
    }
    reading = kept.reading;
    if (reading.step) {
      const auto number = Reread(line, reading.step_place);
      const auto step = number ? AsStep(*number) : std::nullopt;
      if (!step || *step < 0) return false;
      reading.step = step;
    }
    if (!Reread(line, reading.epoch_place, reading.epoch) ||
        !Reread(line, reading.learning_rate_place, reading.learning_rate) ||
        !Reread(line, reading.gradient_norm_place, reading.gradient_norm)) {
      return false;
    }
    for (std::size_t i = 0; i < reading.loss_count(); ++i) {
      const auto number = Reread(line, reading.loss(i).place);
      if (!number) return false;
      // A loss of exactly 0 may stand for a NaN: see Interpret.
      if (number->value == 0 && reading.gradient_norm) return false;
      reading.loss(i).value = number->value;
    }
    reading.text = HashOfRecord(line.substr(reading.record_begin));
    last_ = at;
    return true;
  }
  return false;
}

void ShapeMemory::Keep(string_view line, const Fields& fields, const Reading& reading) {
  if (line.size() > kLongestLine || !IsAsItStands(line, reading)) return;
  if (kept_.size() < kShapes) kept_.emplace_back();
  last_ = next_;
  next_ = (next_ + 1) % kShapes;
  Kept& kept = kept_[last_];
  kept.shape = ShapeOf(line);
  kept.reading = reading;
  kept.fixed.clear();
  for (const Field& field : fields.all) {
    std::size_t begin = field.at, end = field.at + field.number.length;
    if (field.total != 0) {
      // `10/100`: the length of a pass tells passes apart.
      begin = end;
      while (end < line.size() && !IsDigit(line[end])) ++end;
      while (end < line.size() && IsDigit(line[end])) ++end;
    } else if (field.name != "number of nan iterations") {
      continue;
    }
    kept.fixed.push_back({static_cast<std::uint32_t>(begin), std::string(line.substr(begin, end - begin))});
  }
}

}  // namespace lossd::ingest
