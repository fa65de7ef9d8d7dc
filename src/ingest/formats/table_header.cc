#include "ingest/formats/table_header.h"

#include <array>
#include <cstddef>

#include "ingest/formats/characters.h"
#include "ingest/formats/words.h"

namespace lossd::ingest {

using std::string_view;

string_view TrimCell(string_view text) {
  text = TrimBlanks(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return text;
}

bool IsColumnName(string_view cell) {
  constexpr std::size_t kNone = string_view::npos, kLongest = 64;
  if (cell == "#" || cell.empty()) return true;
  if (cell.size() > kLongest || IsDigit(cell.front())) return false;
  if (WholeNumber(cell)) return false;
  if (cell.find_first_of("={}<>;!?$\"\\") != kNone || cell.ends_with('.') || cell.find("()") != kNone) return false;
  if (std::count(cell.begin(), cell.end(), '(') != std::count(cell.begin(), cell.end(), ')') || cell.front() == '(')
    return false;
  return Words(cell).size() <= 6 && std::count(cell.begin(), cell.end(), ' ') <= 4;
}

bool IsDetectionLoss(string_view name) {
  constexpr std::array kParts = {string_view("box"),  string_view("obj"),  string_view("cls"), string_view("dfl"),
                                 string_view("giou"), string_view("pose"), string_view("seg"), string_view("kobj"),
                                 string_view("iou"),  string_view("l1")};
  return std::find(kParts.begin(), kParts.end(), name) != kParts.end();
}

bool IsObjective(string_view name) {
  return name == "Logloss" || name == "RMSE" || name == "MultiClass" || name == "CrossEntropy" || name == "MAE" ||
         name == "Quantile";
}

std::optional<Field> CellField(string_view name, const Number& number, string_view cell, string_view line) {
  Field field;
  field.name = name;
  field.number = number;
  field.at = field.begin = static_cast<std::uint32_t>(cell.data() - line.data());
  field.joint = ',';
  const string_view rest = cell.substr(number.length);
  if (rest.empty()) return field;
  if (!rest.starts_with('/') || !number.integral) return std::nullopt;
  const auto total = WholeNumber(rest.substr(1));
  if (!total) return std::nullopt;
  field.total = total->value;
  return field;
}

void ColumnCounts::Add(string_view name) {
  const Meaning meaning = MeaningOf(name);
  losses += meaning.role == Role::kLoss;
  counters += meaning.role == Role::kStep || meaning.role == Role::kEpoch;
  rate = rate || meaning.role == Role::kLearningRate;
  metrics += IsObjective(name);
  detections += IsDetectionLoss(name);
  if (meaning.role != Role::kOther) return;
  const Meaning metric = MetricMeaningOf(name);
  errors_ += metric.role == Role::kLoss && metric.loss != LossKind::kComponent;
}

}  // namespace lossd::ingest
