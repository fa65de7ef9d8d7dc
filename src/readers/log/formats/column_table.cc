#include "readers/log/formats/column_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "readers/log/formats/table_header.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;
constexpr std::size_t kLongestHeader = 400;

/// `[0.5]`: a list of one; `0:` a counter.
string_view Inner(string_view cell) {
  if (const string_view inside = InBrackets(cell); !inside.empty()) return inside;
  if (cell.size() > 1 && cell.ends_with(':')) cell.remove_suffix(1);
  return cell;
}

/// NaN says of an evaluation that there is none, but of the training loss that it is lost.
bool IsTrainingLoss(string_view name) {
  const records::Meaning meaning = records::MeaningOf(name);
  return meaning.role == records::Role::kLoss && meaning.loss >= records::LossKind::kCriterion &&
         (meaning.phase == records::Phase::kTrain || meaning.phase == records::Phase::kUnsaid);
}

/// Where "[    1%      ]" at the head of a line ends, also where its beginning is cut off; 0 where none stands there.
std::size_t BarEnd(string_view line) {
  constexpr std::size_t kShortest = 3;
  const std::size_t close = line.find_first_not_of("[-=>#.% 0123456789");
  const bool bar = close != kNone && close >= kShortest && line[close] == ']' &&
                   (line[0] == '[' || line[0] == '-' || line[0] == '=') &&
                   line.substr(0, close).find_first_of("-=#%") != kNone;
  return bar ? close + 1 : 0;
}

bool IsCell(string_view cell) {
  return text::IsDigit(cell.front()) || text::ScanNumber(cell) || (cell.front() == '[' && cell.back() == ']');
}

}  // namespace

bool ColumnTable::TakeHeader(string_view line) {
  return TakeSecondLine(line) || TakeCommentedWords(line) || TakeColumns(line);
}

void ColumnTable::Name(const std::vector<std::string>& names) {
  names_ = names;
  LookUpNames();
  places_.clear();
  was_finite_.assign(names_.size(), 0);
  behind_bar_ = detection_ = false;
}

void ColumnTable::Remember(string_view line) {
  places_.clear();
  behind_bar_ = false;
  for (const string_view cell : cells_) places_.push_back(static_cast<std::size_t>(cell.data() - line.data()));
  // A header that is repeated for every epoch is still that of the same columns.
  if (std::equal(cells_.begin(), cells_.end(), names_.begin(), names_.end())) return;
  names_.assign(cells_.begin(), cells_.end());
  LookUpNames();
  was_finite_.assign(names_.size(), 0);
  detection_ = std::count_if(cells_.begin(), cells_.end(), IsDetectionLoss) >= 2;
}

void ColumnTable::LookUpNames() {
  meanings_.clear();
  for (const std::string& name : names_) meanings_.push_back(records::MeaningOf(name));
}

bool ColumnTable::TakeColumns(string_view line) {
  const std::size_t bar = BarEnd(line);
  const string_view text = TrimCell(line.substr(bar));
  if (text.empty() || text.size() > kLongestHeader || text.find("  ") == kNone) return false;
  cells_.clear();
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find("  ", begin);
    if (end == kNone) end = text.size();
    cells_.push_back(TrimCell(text.substr(begin, end - begin)));
    begin = end;
    while (begin < text.size() && text[begin] == ' ') ++begin;
  }
  if (text.find_first_of(bar != 0 ? ":,|" : ":,(|") != kNone || (cells_.size() < 3 && !TakeCountedWords(text)))
    return false;
  if (!std::all_of(cells_.begin(), cells_.end(), IsColumnName)) return false;
  const ColumnCounts columns(cells_);
  if (columns.counters == 0 && !(columns.rate && columns.losses > 0)) return false;
  if (columns.losses == 0 && columns.detections < 2) return false;
  Remember(line);
  behind_bar_ = bar != 0;
  return true;
}

/// "Step    Img/sec total_loss": the gaps of a header whose columns were parted by tabs, the first of them a counter.
bool ColumnTable::TakeCountedWords(string_view text) {
  SplitAtBlanks(text);
  constexpr std::size_t kFewest = 3, kMost = 8;
  return cells_.size() >= kFewest && cells_.size() <= kMost && ColumnCounts(std::array{cells_.front()}).counters == 1;
}

/// "# Epoch batch    loss   loss_f"
bool ColumnTable::TakeCommentedWords(string_view line) {
  if (!line.starts_with('#') || line.size() > kLongestHeader || line.find("  ") == kNone) return false;
  if (line.find_first_of(":,(|.=`") != kNone) return false;
  SplitAtBlanks(line.substr(1));
  if (cells_.size() < 3 || !std::all_of(cells_.begin(), cells_.end(), IsColumnName)) return false;
  const ColumnCounts columns(cells_);
  if (columns.counters == 0 || columns.losses == 0) return false;
  Remember(line);
  return true;
}

void ColumnTable::SplitAtBlanks(string_view text) {
  cells_.clear();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end != begin) cells_.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

/// Vowpal Wabbit: "average  since  example" above "loss     last   counter".
bool ColumnTable::TakeSecondLine(string_view line) {
  constexpr std::size_t kLongest = 200, kFewestWords = 4;
  const bool words = line.size() <= kLongest && line.find("  ") != kNone && text::IsLetter(line.front()) &&
                     std::all_of(line.begin(), line.end(), [](char c) { return text::IsLetter(c) || c == ' '; });
  if (!words) {
    upper_words_.clear();
    return false;
  }
  SplitAtBlanks(line);
  if (upper_words_.size() == cells_.size() && cells_.size() >= kFewestWords) {
    for (std::size_t i = 0; i < cells_.size(); ++i) upper_words_[i].append(" ").append(cells_[i]);
    const ColumnCounts columns(upper_words_);
    if (columns.losses > 0 && columns.counters > 0) {
      Name(upper_words_);
      upper_words_.clear();
      return true;
    }
  }
  upper_words_.assign(cells_.begin(), cells_.end());
  return false;
}

/// The column whose name begins at `place`, or just before it where wide cells have pushed the others on;
/// names_.size() where none does.
std::size_t ColumnTable::ColumnAt(std::size_t place) const {
  constexpr std::size_t kPushed = 2;
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](std::size_t begin) { return begin <= place && place - begin <= kPushed; });
  return found == places_.end() ? names_.size() : static_cast<std::size_t>(found - places_.begin());
}

/// "10      images/sec: 6690.0 +/- 314.3   9.259" below "Step    Img/sec total_loss": cells of several words, parted by
/// wide gaps.
bool ColumnTable::ReadGappedRow(string_view line, records::Fields& fields) {
  const auto gap_from = [&](std::size_t at) { return std::min(line.find("  ", at), line.find('\t', at)); };
  if (!line.starts_with(' ') && !text::IsDigit(line.empty() ? ' ' : line.front())) return false;
  cells_.clear();
  for (std::size_t at = line.find_first_not_of(" \t"); at < line.size();) {
    const std::size_t end = std::min(gap_from(at), line.size());
    if (cells_.size() == names_.size()) return false;
    cells_.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(" \t", end);
  }
  if (cells_.size() != names_.size() || !text::WholeNumber(cells_.front())) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (meanings_[i].role != records::Role::kOther && !text::WholeNumber(TrimCell(cells_[i]))) return false;
  }
  for (std::size_t i = 0; i < cells_.size(); ++i) AddCell(i, TrimCell(cells_[i]), line, fields);
  fields.structure = records::Structure::kTable;
  return true;
}

bool ColumnTable::ReadRow(string_view line, records::Fields& fields) {
  return ReadWordedRow(line, fields) || ReadGappedRow(line, fields);
}

bool ColumnTable::ReadWordedRow(string_view line, records::Fields& fields) {
  cells_.clear();
  columns_.clear();
  std::size_t begin = behind_bar_ ? BarEnd(line) : 0;
  std::size_t consumed = 0;
  while (cells_.size() < names_.size()) {
    while (begin < line.size() && text::IsBlank(line[begin])) ++begin;
    if (begin >= line.size()) break;
    std::size_t end = begin;
    while (end < line.size() && !text::IsBlank(line[end])) ++end;
    const string_view cell = line.substr(begin, end - begin);
    if (!IsCell(cell)) return false;
    columns_.push_back(ColumnAt(begin));
    cells_.push_back(Inner(cell));
    begin = consumed = end;
  }
  const bool whole = cells_.size() == names_.size();
  const bool placed = cells_.size() > 2 && std::find(columns_.begin(), columns_.end(), names_.size()) == columns_.end();
  if (!whole && !placed) return false;
  // More may follow only where it is a bar.
  const string_view rest = TrimCell(line.substr(consumed));
  const bool bar = rest.find("it/s") != kNone || rest.find("s/it") != kNone || rest.find('[') != kNone;
  if (!rest.empty() && !bar) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) AddCell(whole ? i : columns_[i], cells_[i], line, fields);
  if (bar) AddBar(rest, fields);
  fields.structure = records::Structure::kTable;
  return true;
}

/// "... 640: 100%|####| 55/55 [00:03<00:00, 15it/s]": the step within the epoch
void ColumnTable::AddBar(string_view rest, records::Fields& fields) {
  const std::size_t slash = rest.find('/');
  std::size_t first = slash;
  while (first != kNone && first > 0 && text::IsDigit(rest[first - 1])) --first;
  if (slash == kNone || first == slash) return;
  const auto step = text::ScanNumber(rest.substr(first, slash - first));
  const auto total = text::ScanNumber(rest.substr(slash + 1));
  if (!step || !total) return;
  records::Field field;
  field.number = *step;
  field.total = total->value;
  field.bar = true;
  fields.all.push_back(field);
}

void ColumnTable::AddCell(std::size_t column, string_view cell, string_view line, records::Fields& fields) {
  const auto number = text::ScanNumber(cell);
  if (!number) return;
  was_finite_[column] = was_finite_[column] || std::isfinite(number->value);
  if (!was_finite_[column] && std::isnan(number->value) && !IsTrainingLoss(names_[column])) return;
  auto field = CellField(names_[column], *number, cell, line);
  if (!field) return;
  field->meaning = &meanings_[column];
  const string_view column_name = field->name;
  if (IsObjective(field->name)) {
    field->name = "loss";
  } else if (detection_ && field->name == "total") {
    field->name = "total_loss";
  } else if (detection_ && IsDetectionLoss(field->name)) {
    constexpr std::array kNames = {string_view("box_loss"), string_view("obj_loss"), string_view("cls_loss"),
                                   string_view("dfl_loss")};
    for (const string_view name : kNames) {
      if (name.starts_with(field->name)) field->name = name;
    }
  }
  if (field->name != column_name) field->meaning = nullptr;
  fields.all.push_back(*field);
}

}  // namespace lossd::readers
