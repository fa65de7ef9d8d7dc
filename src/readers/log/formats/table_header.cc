#include "readers/log/formats/table_header.h"

#include <array>
#include <cstddef>

#include "text/characters.h"
#include "text/words.h"

namespace lossd::readers {

using std::string_view;

string_view TrimCell(string_view text) {
  text = text::TrimBlanks(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return text;
}

string_view InBrackets(string_view cell) {
  const bool brackets = cell.size() > 2 && cell.front() == '[' && cell.back() == ']';
  return brackets ? TrimCell(cell.substr(1, cell.size() - 2)) : string_view();
}

bool IsColumnName(string_view cell) {
  constexpr std::size_t kNone = string_view::npos, kLongest = 64;
  if (cell == "#" || cell.empty()) return true;
  if (cell.size() > kLongest || text::IsDigit(cell.front())) return false;
  if (text::WholeNumber(cell)) return false;
  if (cell.find_first_of("={}<>;!?$\"\\") != kNone || cell.ends_with('.') || cell.find("()") != kNone) return false;
  if (std::count(cell.begin(), cell.end(), '(') != std::count(cell.begin(), cell.end(), ')') || cell.front() == '(')
    return false;
  return text::Words(cell).size() <= 6 && std::count(cell.begin(), cell.end(), ' ') <= 4;
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

std::optional<records::Field> CellField(string_view name, const text::Number& number, string_view cell,
                                        string_view line) {
  records::Field field;
  field.name = name;
  field.number = number;
  field.at = field.begin = static_cast<std::uint32_t>(cell.data() - line.data());
  field.joint = ',';
  const string_view rest = cell.substr(number.length);
  if (rest.empty()) return field;
  if (!rest.starts_with('/') || !number.integral) return std::nullopt;
  const auto total = text::WholeNumber(rest.substr(1));
  if (!total) return std::nullopt;
  field.total = total->value;
  return field;
}

void ColumnCounts::Add(string_view name) {
  const records::Meaning meaning = records::MeaningOf(name);
  losses += meaning.role == records::Role::kLoss;
  if (meaning.role == records::Role::kLoss && meaning.loss > records::LossKind::kComponent) {
    trains_ = trains_ || meaning.phase == records::Phase::kTrain;
    validates_ = validates_ || meaning.phase == records::Phase::kValidation;
    phases_of_losses = static_cast<int>(trains_) + static_cast<int>(validates_);
  }
  counters += meaning.role == records::Role::kStep || meaning.role == records::Role::kEpoch;
  rate = rate || meaning.role == records::Role::kLearningRate;
  metrics += IsObjective(name);
  detections += IsDetectionLoss(name);
  if (meaning.role != records::Role::kOther) return;
  const records::Meaning metric = records::MetricMeaningOf(name);
  errors_ += metric.role == records::Role::kLoss && metric.loss != records::LossKind::kComponent;
}

}  // namespace lossd::readers
