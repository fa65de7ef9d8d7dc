#include "readers/log/formats/bare_columns.h"

#include <algorithm>
#include <optional>

#include "readers/log/formats/tokens.h"
#include "text/characters.h"

namespace lossd::readers {

using std::string_view;

bool ScanStepPhaseValue(string_view line, records::Fields& fields) {
  if (line.empty() || !text::IsDigit(line.front())) return false;
  string_view rest = line;
  const auto step = text::WholeNumber(TakeToken(rest));
  const string_view word = TakeToken(rest);
  if (word != "train" && word != "val") return false;
  const string_view text = TakeToken(rest);
  const auto value = text::WholeNumber(text);
  if (!step || !step->integral || !value || value->integral || text.size() < 5 || !OnlyBlanks(rest)) return false;
  fields.all.push_back(Named("step", *step));
  fields.all.push_back(Named("loss", *value, records::PhaseOf(word)));
  fields.structure = records::Structure::kTable;
  return true;
}

bool ScanBracketedRow(string_view line, records::Fields& fields) {
  line = text::TrimBlanks(line);
  if (!line.starts_with('[') || !line.ends_with(']')) return false;
  std::optional<text::Number> count, loss;
  while (!line.empty()) {
    const std::size_t close = line.find(']');
    if (!line.starts_with('[') || close == string_view::npos) return false;
    string_view cell = line.substr(1, close - 1);
    line.remove_prefix(close + 1);
    const bool counts = cell.starts_with('#');
    if (counts) cell.remove_prefix(1);
    const auto number = text::WholeNumber(cell);
    if (counts) {
      if (!number || !number->integral || count) return false;
      count = number;
    } else if (!number && (loss || cell.empty() || !text::IsDigit(cell.front()))) {
      return false;  // neither a time nor its like
    } else if (number && (number->integral || !count)) {
      return false;
    } else if (number && !loss) {
      loss = number;
    }
  }
  if (!count || !loss) return false;
  fields.all.push_back(Named("step", *count));
  fields.all.push_back(Named("loss", *loss));
  fields.structure = records::Structure::kTable;
  return true;
}

bool ScanNameValueStep(string_view line, records::Fields& fields) {
  if (line.empty() || !text::IsLetter(line.front()) || !text::IsDigit(line.back())) return false;
  string_view rest = line;
  const string_view name = TakeToken(rest);
  if (name.find('/') == string_view::npos) return false;
  const auto value = text::WholeNumber(TakeToken(rest));
  const auto step = text::WholeNumber(TakeToken(rest));
  if (!value || value->integral || !step || !step->integral || !OnlyBlanks(rest)) return false;
  if (records::MeaningOf(name).role != records::Role::kLoss) return false;
  fields.all.push_back(Named("step", *step));
  fields.all.push_back(Named(name, *value));
  fields.structure = records::Structure::kTable;
  return true;
}

bool ScanValuesBeforeNames(string_view line, records::Fields& fields) {
  string_view rest = line;
  while (!rest.empty() && text::IsBlank(rest.front())) rest.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < rest.size() && text::IsDigit(rest[digits])) ++digits;
  if (digits == 0 || rest.substr(digits, 2) != ": ") return false;
  // "10: 2.5, 3.5 avg loss, 0.001 rate, ...", and as it was printed first: "10: 2.5, 3.5 avg, 0.001 rate, ... images"
  std::size_t average = line.find(" avg loss,");
  if (average == string_view::npos) average = line.find(" avg, ");
  if (average == string_view::npos) return false;
  if (line[average + 4] == ',' && (line.find(" rate, ", average) == string_view::npos || !line.ends_with(" images")))
    return false;
  const auto step = text::ScanNumber(rest);
  if (!step || !step->integral || rest.substr(step->length, 2) != ": ") return false;
  rest.remove_prefix(step->length + 2);
  const auto loss = text::ScanNumber(rest);
  if (!loss || rest.substr(loss->length, 2) != ", ") return false;
  fields.all.push_back(Named("step", *step));
  fields.all.push_back(Named("loss", *loss));
  const std::size_t rate = line.find(" rate,", average);
  if (rate != string_view::npos) {
    const std::size_t comma = line.rfind(", ", rate);
    if (comma != string_view::npos) {
      if (const auto value = text::WholeNumber(line.substr(comma + 2, rate - comma - 2)))
        fields.all.push_back(Named("lr", *value));
    }
  }
  fields.structure = records::Structure::kTable;
  return true;
}

bool ScanListOfValues(string_view line, records::Fields& fields) {
  constexpr std::size_t kFewest = 4;
  if (const std::size_t name = line.find("loss,"); name == string_view::npos || name == 0 || line[name - 1] != ' ')
    return false;
  const std::size_t before = fields.all.size();
  std::size_t values = 0;
  bool loss = false;
  for (string_view rest = line; !rest.empty();) {
    const std::size_t comma = std::min(rest.find(", "), rest.size());
    string_view part = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 2, rest.size()));
    auto number = text::WholeNumber(TakeToken(part));
    string_view ahead = part;
    const auto second = text::WholeNumber(TakeToken(ahead));
    // "10 312.5 ms run, ...": the step leads the first part.
    if (values == 0 && number && number->integral && second) {
      fields.all.push_back(Named("step", *number));
      number = second;
      part = ahead;
    }
    while (!part.empty() && text::IsBlank(part.front())) part.remove_prefix(1);
    if (!number || part.empty() || !text::IsLetter(part.front())) break;
    ++values;
    loss = loss || part == "loss";
    if (part == "loss" || part == "LR" || part == "lr") fields.all.push_back(Named(part, *number));
  }
  if (loss && values >= kFewest) {
    fields.structure = records::Structure::kTable;
    return true;
  }
  fields.all.resize(before);
  return false;
}

bool ScanMetricPoint(string_view line, string_view metric, records::Fields& fields) {
  if (metric.empty() || line.empty() || !text::IsDigit(line.front())) return false;
  string_view rest = line;
  const string_view time = TakeToken(rest);
  const auto value = text::WholeNumber(TakeToken(rest));
  const auto step = text::WholeNumber(TakeToken(rest));
  constexpr std::size_t kMilliseconds = 13;  // digits, from 2001 to 2286
  if (time.size() != kMilliseconds || !text::WholeNumber(time) || !value || !step || !step->integral ||
      !OnlyBlanks(rest))
    return false;
  fields.all.push_back(Named("step", *step));
  fields.all.push_back(Named(metric, *value));
  fields.all.back().joint = ',';
  fields.structure = records::Structure::kTable;
  return true;
}

}  // namespace lossd::readers
