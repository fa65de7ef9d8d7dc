#include "records/named_values.h"

#include <cmath>
#include <functional>

namespace lossd::records {

NamedValueReader::NamedValueReader(std::string_view format, const ReaderOptions& options)
    : format_(format), options_(options) {}

NamedValueReader::Result NamedValueReader::Read(const NamedValues& values) {
  samples_.clear();
  fields_.clear();
  fields_.structure = Structure::kTable;
  for (const NamedValues::Value& value : values.values) {
    Field field;
    field.name = value.name;
    field.number.value = value.value;
    field.number.integral = value.value == std::floor(value.value);
    field.joint = ':';
    fields_.all.push_back(field);
  }
  Interpret({}, fields_, options_, record_);
  record_.format = format_;
  if (values.step) {
    record_.step = values.step;
    record_.step_rank = kGlobalStep;
  }
  if (values.epoch) record_.epoch = values.epoch;
  record_.trust = Trust::kAtOnce;
  record_.standing = Standing::kOnly;
  record_.text = 0;
  for (const NamedValues::Value& value : values.values)
    record_.text = record_.text * 31 + std::hash<double>()(value.value);
  const SeriesSelector::Decision decision = selector_.Select(record_, std::nullopt, ++count_, samples_);
  for (std::size_t i = 0; values.time && i < samples_.size(); ++i) samples_.at(i).time = values.time;
  if (samples_.size() == 0) return {decision.ignored, decision.why, {}};
  return {Ignored::kNone, "names known as those of losses", samples_.view()};
}

NamedValueReader::Result NamedValueReader::Finish() {
  samples_.clear();
  selector_.Finish(samples_);
  return {samples_.size() == 0 ? Ignored::kBlank : Ignored::kNone, "the stream ended", samples_.view()};
}

}  // namespace lossd::records
