#include "ingest/formats/table_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "ingest/formats/characters.h"
#include "ingest/formats/words.h"

namespace lossd::ingest {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;
constexpr std::size_t kLongestCell = 64;
constexpr std::size_t kMostColumns = 512;
constexpr string_view kDrawnBar = "\xE2\x94\x82";  // the vertical line of box drawing

string_view Trim(string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    text = text.substr(1, text.size() - 2);
  return text;
}

std::optional<Number> WholeNumber(string_view text) {
  const auto number = ScanNumber(text);
  if (number && number->length == text.size()) return number;
  return std::nullopt;
}

/// Whether a cell may be the name of a column.
bool IsName(string_view cell) {
  if (cell == "#" || cell.empty()) return true;
  if (cell.size() > kLongestCell || IsDigit(cell.front()) || WholeNumber(cell)) return false;
  if (cell.find_first_of("={}<>;!?$\"\\") != kNone || cell.ends_with('.') || cell.find("()") != kNone) return false;
  if (std::count(cell.begin(), cell.end(), '(') != std::count(cell.begin(), cell.end(), ')') || cell.front() == '(')
    return false;
  return Words(cell).size() <= 6 && std::count(cell.begin(), cell.end(), ' ') <= 4;
}

/// Names of loss columns that only a detector's table vouches for.
bool IsDetectionLoss(string_view name) {
  constexpr std::array kParts = {string_view("box"),  string_view("obj"),  string_view("cls"), string_view("dfl"),
                                 string_view("giou"), string_view("pose"), string_view("seg"), string_view("kobj"),
                                 string_view("iou"),  string_view("l1")};
  return std::find(kParts.begin(), kParts.end(), name) != kParts.end();
}

/// What a set of columns holds.
struct Columns {
  int losses = 0, counters = 0, metrics = 0;
  template <typename Names>
  explicit Columns(const Names& names) {
    for (const auto& name : names) {
      const Meaning meaning = MeaningOf(name);
      losses += meaning.role == Role::kLoss;
      counters += meaning.role == Role::kStep || meaning.role == Role::kEpoch;
      metrics += IsMetric(name);
    }
  }
  static bool IsMetric(string_view name) {
    return name == "Logloss" || name == "RMSE" || name == "MultiClass" || name == "CrossEntropy" || name == "MAE" ||
           name == "Quantile";
  }
};

}  // namespace

std::string_view TableReader::format() const {
  if (kind_ == Kind::kDelimited) return delimiter_ == ',' ? "csv" : delimiter_ == '\t' ? "tsv" : "table";
  return "table";
}

TableReader::Result TableReader::Read(string_view line, Fields& fields) {
  if (line.find(kDrawnBar) != kNone) {
    plain_.assign(line);
    for (std::size_t at = plain_.find(kDrawnBar); at != kNone; at = plain_.find(kDrawnBar, at))
      plain_.replace(at, kDrawnBar.size(), 1, '|');
    return ReadPlain(plain_, fields);
  }
  return ReadPlain(line, fields);
}

TableReader::Result TableReader::ReadPlain(string_view line, Fields& fields) {
  if (kind_ == Kind::kDelimited && ReadDelimitedRow(line, fields)) return Result::kRow;
  if (kind_ == Kind::kColumns && ReadColumnRow(line, fields)) return Result::kRow;
  if (kind_ == Kind::kPhases && ReadPhaseRow(line, fields)) return Result::kRow;
  for (const char delimiter : {',', '\t', '|', ';'}) {
    if (line.find(delimiter) != kNone && TakeDelimitedHeader(line, delimiter)) return Result::kHeader;
  }
  if (TakePhaseHeader(line) || TakeStackedHeader(line) || TakeColumnHeader(line)) return Result::kHeader;
  return Result::kNone;
}

void TableReader::Split(string_view line, char delimiter) {
  cells_.clear();
  if (delimiter == '|') {
    line = Trim(line);
    if (line.starts_with('|')) line.remove_prefix(1);
    if (line.ends_with('|')) line.remove_suffix(1);
  }
  std::size_t begin = 0;
  while (cells_.size() < kMostColumns) {
    std::size_t end = begin;
    bool quoted = false;
    while (end < line.size() && (quoted || line[end] != delimiter)) {
      if (line[end] == '"') quoted = !quoted;
      ++end;
    }
    cells_.push_back(Trim(line.substr(begin, end - begin)));
    if (end >= line.size()) return;
    begin = end + 1;
  }
}

/// MATLAB's header: `| Epoch | Iteration | Mini-batch |` above `|  |  | Loss |`.
bool TableReader::TakeSecondHeaderLine() {
  if (upper_names_.size() != cells_.size() || upper_names_.empty()) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (WholeNumber(cells_[i])) return false;
    if (!upper_names_[i].empty() && !cells_[i].empty()) upper_names_[i] += ' ';
    upper_names_[i] += cells_[i];
  }
  const Columns columns(upper_names_);
  if (columns.losses == 0 || columns.counters == 0) return false;
  kind_ = Kind::kDelimited;
  delimiter_ = '|';
  names_ = std::move(upper_names_);
  upper_names_.clear();
  rows_of_phases_ = detection_ = false;
  return true;
}

bool TableReader::TakeDelimitedHeader(string_view line, char delimiter) {
  Split(line, delimiter);
  if (delimiter == '|') {
    if (TakeSecondHeaderLine()) return true;
    upper_names_.clear();
    const bool names = cells_.size() >= 3 && std::all_of(cells_.begin(), cells_.end(), IsName);
    if (names && line.starts_with('|') && Columns(cells_).counters > 0 && Columns(cells_).losses == 0) {
      upper_names_.assign(cells_.begin(), cells_.end());
    }
  }
  if (cells_.size() < 2 || !std::all_of(cells_.begin(), cells_.end(), IsName)) return false;
  const Columns columns(cells_);
  if (columns.losses == 0 && !(columns.counters > 0 && columns.metrics > 0)) return false;
  if (std::any_of(cells_.begin(), cells_.end(), [](string_view cell) { return cell.ends_with(','); })) return false;
  // Where nothing counts the rows it must at least be a table as pandas writes it, with an index that has no name, or
  // have a row for each phase.
  const bool drawn = delimiter == '|' && line.starts_with('|') && columns.losses == 1;
  if (columns.counters == 0 && !cells_.front().empty() && !drawn) return false;
  if (delimiter == ',' && std::any_of(cells_.begin(), cells_.end(),
                                      [](string_view cell) { return std::count(cell.begin(), cell.end(), ' ') > 2; })) {
    return false;
  }
  if (std::any_of(cells_.begin(), cells_.end(), [](string_view cell) { return cell.find(':') != kNone; })) return false;
  if (delimiter == '|' && columns.counters == 0 && !drawn) return false;
  kind_ = Kind::kDelimited;
  delimiter_ = delimiter;
  names_.assign(cells_.begin(), cells_.end());
  rows_of_phases_ = drawn && columns.counters == 0;
  detection_ = false;
  return true;
}

bool TableReader::ReadDelimitedRow(string_view line, Fields& fields) {
  if (line.find(delimiter_) == kNone) return false;
  Split(line, delimiter_);
  if (cells_.size() != names_.size()) return false;
  if (std::none_of(cells_.begin(), cells_.end(), [](string_view cell) { return WholeNumber(cell).has_value(); }))
    return false;
  const Phase phase = rows_of_phases_ ? PhaseOf(cells_.front()) : Phase::kUnsaid;
  if (rows_of_phases_ && phase == Phase::kUnsaid) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) AddCell(i, cells_[i], line, fields);
  for (Field& field : fields.all) field.phase = phase;
  fields.structure = Structure::kTable;
  return true;
}

/// Vowpal Wabbit's header: "average  since  example" above "loss     last   counter".
bool TableReader::TakeStackedHeader(string_view line) {
  constexpr std::size_t kLongest = 200, kFewestWords = 4;
  const bool words = line.size() <= kLongest && line.find("  ") != kNone && !line.empty() && IsLetter(line.front()) &&
                     std::all_of(line.begin(), line.end(), [](char c) { return IsLetter(c) || c == ' '; });
  if (!words) {
    upper_words_.clear();
    return false;
  }
  cells_.clear();
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = std::min(line.find(' ', begin), line.size());
    if (end != begin) cells_.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  if (upper_words_.size() == cells_.size() && cells_.size() >= kFewestWords) {
    for (std::size_t i = 0; i < cells_.size(); ++i) upper_words_[i].append(" ").append(cells_[i]);
    const Columns columns(upper_words_);
    if (columns.losses > 0 && columns.counters > 0) {
      kind_ = Kind::kColumns;
      names_ = std::move(upper_words_);
      upper_words_.clear();
      detection_ = false;
      return true;
    }
  }
  upper_words_.assign(cells_.begin(), cells_.end());
  return false;
}

/// Columns parted by two blanks or more, or, where every name is one word, by one.
bool TableReader::TakeColumnHeader(string_view line) {
  const string_view text = Trim(line);
  if (text.empty() || text.size() > 400 || text.find("  ") == kNone) return false;
  cells_.clear();
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = text.find("  ", begin);
    if (end == kNone) end = text.size();
    cells_.push_back(Trim(text.substr(begin, end - begin)));
    begin = end;
    while (begin < text.size() && text[begin] == ' ') ++begin;
  }
  if (cells_.size() < 3 || !std::all_of(cells_.begin(), cells_.end(), IsName)) return false;
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == ':' || c == ',' || c == '(' || c == '|'; }))
    return false;
  const Columns columns(cells_);
  const auto detections = std::count_if(cells_.begin(), cells_.end(), IsDetectionLoss);
  const bool rate = std::find(cells_.begin(), cells_.end(), "lr") != cells_.end();
  if ((columns.counters == 0 && !(rate && columns.losses > 0)) || (columns.losses == 0 && detections < 2)) return false;
  kind_ = Kind::kColumns;
  names_.assign(cells_.begin(), cells_.end());
  detection_ = detections >= 2;
  return true;
}

bool TableReader::ReadColumnRow(string_view line, Fields& fields) {
  cells_.clear();
  std::size_t begin = 0;
  std::size_t consumed = 0;
  while (cells_.size() < names_.size()) {
    while (begin < line.size() && IsBlank(line[begin])) ++begin;
    if (begin >= line.size()) break;
    std::size_t end = begin;
    while (end < line.size() && !IsBlank(line[end])) ++end;
    string_view cell = line.substr(begin, end - begin);
    if (cell.size() > 1 && cell.ends_with(':')) cell.remove_suffix(1);
    if (!IsDigit(cell.front()) && !ScanNumber(cell)) return false;
    cells_.push_back(cell);
    begin = consumed = end;
  }
  if (cells_.size() != names_.size()) return false;
  // More may follow only where it is a bar.
  const string_view rest = Trim(line.substr(consumed));
  const bool bar = rest.find("it/s") != kNone || rest.find("s/it") != kNone || rest.find('[') != kNone;
  if (!rest.empty() && !bar) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) AddCell(i, cells_[i], line, fields);
  if (bar) {
    // "... 640: 100%|####| 55/55 [00:03<00:00, 15it/s]": the step within the epoch
    const std::size_t slash = rest.find('/');
    std::size_t first = slash;
    while (first != kNone && first > 0 && IsDigit(rest[first - 1])) --first;
    if (slash != kNone && first != slash) {
      const auto step = ScanNumber(rest.substr(first, slash - first));
      const auto total = ScanNumber(rest.substr(slash + 1));
      if (step && total) {
        Field field;
        field.number = *step;
        field.total = total->value;
        field.bar = true;
        fields.all.push_back(field);
      }
    }
  }
  fields.structure = Structure::kTable;
  return true;
}

/// "... Training |  Validation" above rows "... loss | 0.5 | 0.6".
bool TableReader::TakePhaseHeader(string_view line) {
  const std::size_t bar = line.rfind('|');
  if (bar == kNone) return false;
  string_view left = Trim(line.substr(0, bar));
  const string_view right = Trim(line.substr(bar + 1));
  const std::size_t word = left.find_last_of(" |\t");
  if (word != kNone) left = left.substr(word + 1);
  if (PhaseOf(left) != Phase::kTrain || PhaseOf(right) != Phase::kValidation) return false;
  kind_ = Kind::kPhases;
  phases_ = {Phase::kTrain, Phase::kValidation};
  return true;
}

bool TableReader::ReadPhaseRow(string_view line, Fields& fields) const {
  const std::size_t second = line.rfind('|');
  if (second == kNone || second == 0) return false;
  const std::size_t first = line.rfind('|', second - 1);
  if (first == kNone) return false;
  string_view name = Trim(line.substr(0, first));
  const std::size_t word = name.find_last_of(" \t");
  if (word != kNone) name = name.substr(word + 1);
  if (MeaningOf(name).role != Role::kLoss) return false;
  const string_view cells[] = {Trim(line.substr(first + 1, second - first - 1)), Trim(line.substr(second + 1))};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = WholeNumber(cells[i]);
    if (!number) continue;
    Field field;
    field.name = name;
    field.number = *number;
    field.phase = phases_[i];
    field.joint = '|';
    fields.all.push_back(field);
  }
  fields.structure = Structure::kTable;
  return true;
}

void TableReader::AddCell(std::size_t column, string_view cell, string_view line, Fields& fields) const {
  const auto number = ScanNumber(cell);
  if (!number) return;
  Field field;
  field.name = names_[column];
  field.number = *number;
  field.at = field.begin = static_cast<std::uint32_t>(cell.data() - line.data());
  field.joint = ',';
  string_view rest = cell.substr(number->length);
  if (rest.starts_with('/') && number->integral) {
    const auto total = WholeNumber(rest.substr(1));
    if (total) {
      field.total = total->value;
      rest = {};
    }
  }
  if (!rest.empty()) return;
  if (Columns::IsMetric(field.name)) {
    field.name = "loss";
  } else if (detection_ && field.name == "total") {
    field.name = "total_loss";
  } else if (detection_ && IsDetectionLoss(field.name)) {
    field.group = "component";
    constexpr std::array kNames = {string_view("box_loss"), string_view("obj_loss"), string_view("cls_loss"),
                                   string_view("dfl_loss")};
    for (const string_view name : kNames) {
      if (name.starts_with(field.name)) field.name = name;
    }
    field.group = {};
  }
  fields.all.push_back(field);
}

}  // namespace lossd::ingest
