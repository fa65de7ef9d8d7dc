#include "readers/log/formats/table_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "readers/log/formats/table_header.h"
#include "text/characters.h"

namespace lossd::readers {
namespace {

using std::string_view;

constexpr std::size_t kNone = string_view::npos;
constexpr std::size_t kMostColumns = 512;
/// A column whose cells may be words like `train` and `val`, or which is named by such a word and answers yes or no.
bool MayNamePhases(string_view name) {
  constexpr std::array kNames = {string_view("phase"),   string_view("Phase"),  string_view("split"),
                                 string_view("Split"),   string_view("mode"),   string_view("stage"),
                                 string_view("set"),     string_view("subset"), string_view("type"),
                                 string_view("dataset"), string_view("Mode"),   string_view("Dataset")};
  // "valid" asks something else.
  const bool asks = records::IsPhaseOnly(name) && name != "valid" && name != "Valid";
  return asks || name.starts_with("is_") || std::ranges::find(kNames, name) != kNames.end();
}

/// The vertical lines of box drawing.
constexpr std::array kDrawnBars = {string_view("\xE2\x94\x82"), string_view("\xE2\x94\x83"),
                                   string_view("\xE2\x95\x91")};

}  // namespace

std::string_view TableReader::format() const {
  if (kind_ == Kind::kDelimited) return delimiter_ == ',' ? "csv" : delimiter_ == '\t' ? "tsv" : "table";
  return "table";
}

TableReader::Result TableReader::Read(string_view line, records::Fields& fields) {
  if (line.find(kDrawnBars[0][0]) == kNone) return ReadPlain(line, fields);
  plain_.assign(line);
  for (const string_view bar : kDrawnBars) {
    for (std::size_t at = plain_.find(bar); at != kNone; at = plain_.find(bar, at))
      plain_.replace(at, bar.size(), 1, '|');
  }
  return ReadPlain(plain_.size() == line.size() ? line : plain_, fields);
}

TableReader::Result TableReader::ReadPlain(string_view line, records::Fields& fields) {
  if (kind_ == Kind::kDelimited && ReadDelimitedRow(line, fields)) return Result::kRow;
  if (kind_ == Kind::kColumns && columns_.ReadRow(line, fields)) return Result::kRow;
  if (kind_ == Kind::kPhases && ReadPhaseRow(line, fields)) return Result::kRow;
  for (const char delimiter : {',', '\t', '|', ';'}) {
    if (line.find(delimiter) != kNone && TakeDelimitedHeader(line, delimiter)) return Result::kHeader;
  }
  if (TakePhaseHeader(line)) return Result::kHeader;
  if (columns_.TakeHeader(line)) {
    kind_ = Kind::kColumns;
    return Result::kHeader;
  }
  if (spaced_.IsAbove(line)) {
    columns_.Name(spaced_.names());
    kind_ = Kind::kColumns;
    if (columns_.ReadRow(line, fields)) return Result::kRow;
  }
  spaced_.Note(line);
  return Result::kNone;
}

void TableReader::Split(string_view line, char delimiter) {
  cells_.clear();
  if (delimiter == '|') {
    line = TrimCell(line);
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
    cells_.push_back(TrimCell(line.substr(begin, end - begin)));
    if (end >= line.size()) return;
    begin = end + 1;
  }
}

/// MATLAB's header: `| Epoch | Iteration | Mini-batch |` above `|  |  | Loss |`.
bool TableReader::TakeSecondHeaderLine() {
  if (upper_names_.size() != cells_.size() || upper_names_.empty()) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    if (text::WholeNumber(cells_[i])) return false;
    if (!upper_names_[i].empty() && !cells_[i].empty()) upper_names_[i] += ' ';
    upper_names_[i] += cells_[i];
  }
  const ColumnCounts columns(upper_names_);
  if (columns.losses == 0 || columns.counters == 0) return false;
  kind_ = Kind::kDelimited;
  delimiter_ = '|';
  names_ = std::move(upper_names_);
  upper_names_.clear();
  LookUpNames();
  rows_of_phases_ = false;
  return true;
}

/// Once for all rows: to look up a name takes longer than to read its number.
void TableReader::LookUpNames() {
  meanings_.clear();
  for (const std::string& name : names_) meanings_.push_back(records::MeaningOf(name));
  phase_column_ = kNone;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (MayNamePhases(names_[i])) phase_column_ = i;
  }
}

/// "train" above "True", "phase" above "val": what the row itself says it is of.
records::Phase TableReader::PhaseOfRow() const {
  if (phase_column_ >= cells_.size()) return records::Phase::kUnsaid;
  const string_view cell = cells_[phase_column_];
  string_view name = names_[phase_column_];
  if (name.starts_with("is_")) name.remove_prefix(3);
  const records::Phase named = records::PhaseOf(name);
  if (named == records::Phase::kUnsaid) return records::PhaseOf(cell);
  if (cell == "True" || cell == "true" || cell == "TRUE") return named;
  if (cell != "False" && cell != "false" && cell != "FALSE") return records::Phase::kUnsaid;
  return named == records::Phase::kTrain ? records::Phase::kValidation : records::Phase::kTrain;
}

bool TableReader::TakeDelimitedHeader(string_view line, char delimiter) {
  Split(line, delimiter);
  if (delimiter == '|') {
    if (TakeSecondHeaderLine()) return true;
    upper_names_.clear();
    const bool names = cells_.size() >= 3 && std::all_of(cells_.begin(), cells_.end(), IsColumnName);
    if (names && line.starts_with('|') && ColumnCounts(cells_).counters > 0 && ColumnCounts(cells_).losses == 0) {
      upper_names_.assign(cells_.begin(), cells_.end());
    }
  }
  if (cells_.size() < 2 || !std::all_of(cells_.begin(), cells_.end(), IsColumnName)) return false;
  const ColumnCounts columns(cells_);
  if (columns.losses == 0 && !(columns.counters > 0 && columns.metrics > 0)) return false;
  if (std::any_of(cells_.begin(), cells_.end(), [](string_view cell) { return cell.ends_with(','); })) return false;
  // Where nothing counts the rows it must at least be a table as pandas writes it, with an index that has no name, or
  // have a row for each phase, or a loss for each.
  const bool drawn = delimiter == '|' && line.starts_with('|') && columns.losses == 1;
  // "total loss\tscore loss\tborder loss": nothing but losses.
  const auto named = static_cast<std::ptrdiff_t>(cells_.size()) - std::ranges::count(cells_, string_view());
  const bool only_losses = (delimiter == ',' || delimiter == '\t') && named >= 2 && columns.losses == named;
  const bool both = delimiter == ',' && columns.phases_of_losses == 2;
  if (columns.counters == 0 && !cells_.front().empty() && !drawn && !both && !only_losses) return false;
  if (delimiter == ',' && std::any_of(cells_.begin(), cells_.end(),
                                      [](string_view cell) { return std::count(cell.begin(), cell.end(), ' ') > 2; })) {
    return false;
  }
  if (std::any_of(cells_.begin(), cells_.end(), [](string_view cell) { return cell.find(':') != kNone; })) return false;
  if (delimiter == '|' && columns.counters == 0 && !drawn) return false;
  kind_ = Kind::kDelimited;
  delimiter_ = delimiter;
  names_.assign(cells_.begin(), cells_.end());
  LookUpNames();
  rows_of_phases_ = drawn && columns.counters == 0;
  return true;
}

bool TableReader::ReadDelimitedRow(string_view line, records::Fields& fields) {
  if (line.find(delimiter_) == kNone) return false;
  // Where semicolons part the cells, commas are decimal ones.
  if (delimiter_ == ';' && line.find(',') != kNone && line.find('.') == kNone) {
    plain_.assign(line);
    std::ranges::replace(plain_, ',', '.');
    line = plain_;
  }
  Split(line, delimiter_);
  if (cells_.size() != names_.size() && !MendRow()) return false;
  if (std::none_of(cells_.begin(), cells_.end(), [](string_view cell) { return text::WholeNumber(cell).has_value(); }))
    return false;
  const records::Phase phase = rows_of_phases_ ? records::PhaseOf(cells_.front()) : PhaseOfRow();
  if (rows_of_phases_ && phase == records::Phase::kUnsaid) return false;
  for (std::size_t i = 0; i < cells_.size(); ++i) AddCell(i, cells_[i], line, fields);
  for (records::Field& field : fields.all) field.phase = phase;
  fields.structure = records::Structure::kTable;
  return true;
}

/// Rows of tabs that are longer than the header by cells that are empty, and rows of a file that is still being
/// written, or whose last columns came later: shorter or longer at the end.
bool TableReader::MendRow() {
  if (delimiter_ == '\t' && cells_.size() > names_.size()) {
    const auto blanks = std::count(cells_.begin(), cells_.end(), string_view());
    if (cells_.size() - static_cast<std::size_t>(blanks) <= names_.size()) {
      for (auto cell = cells_.end(); cells_.size() > names_.size() && cell != cells_.begin();) {
        if ((--cell)->empty()) cell = cells_.erase(cell);
      }
      return cells_.size() == names_.size();
    }
  }
  if (delimiter_ != ',' && delimiter_ != '\t') return false;
  // What is no row of this table at all has words where the counters and the losses should stand.
  const std::size_t common = std::min(cells_.size(), names_.size());
  bool loss = false;
  for (std::size_t i = 0; i < common; ++i) {
    const records::Role role = meanings_[i].role;
    const bool number = text::WholeNumber(cells_[i]).has_value();
    if (!number && (i == 0 || (!cells_[i].empty() && role != records::Role::kOther))) return false;
    loss = loss || (number && role == records::Role::kLoss);
  }
  cells_.resize(names_.size());
  return loss && common >= 2;
}

/// "... Training |  Validation" above rows "... loss | 0.5 | 0.6".
bool TableReader::TakePhaseHeader(string_view line) {
  const std::size_t bar = line.rfind('|');
  if (bar == kNone) return false;
  string_view left = TrimCell(line.substr(0, bar));
  const string_view right = TrimCell(line.substr(bar + 1));
  const std::size_t word = left.find_last_of(" |\t");
  if (word != kNone) left = left.substr(word + 1);
  if (records::PhaseOf(left) != records::Phase::kTrain || records::PhaseOf(right) != records::Phase::kValidation)
    return false;
  kind_ = Kind::kPhases;
  phases_ = {records::Phase::kTrain, records::Phase::kValidation};
  return true;
}

bool TableReader::ReadPhaseRow(string_view line, records::Fields& fields) const {
  const std::size_t second = line.rfind('|');
  if (second == kNone || second == 0) return false;
  const std::size_t first = line.rfind('|', second - 1);
  if (first == kNone) return false;
  string_view name = TrimCell(line.substr(0, first));
  const std::size_t word = name.find_last_of(" \t");
  if (word != kNone) name = name.substr(word + 1);
  if (records::MeaningOf(name).role != records::Role::kLoss) return false;
  const string_view cells[] = {TrimCell(line.substr(first + 1, second - first - 1)), TrimCell(line.substr(second + 1))};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = text::WholeNumber(cells[i]);
    if (!number) continue;
    records::Field field;
    field.name = name;
    field.number = *number;
    field.phase = phases_[i];
    field.joint = '|';
    fields.all.push_back(field);
  }
  fields.structure = records::Structure::kTable;
  return true;
}

void TableReader::AddCell(std::size_t column, string_view cell, string_view line, records::Fields& fields) const {
  auto number = text::ScanNumber(cell);
  if (!number) {
    cell = InBrackets(cell);
    if (cell.empty() || !(number = text::ScanNumber(cell))) return;
  }
  auto field = CellField(names_[column], *number, cell, line);
  if (!field) return;
  if (IsObjective(field->name)) {
    field->name = "loss";
  } else {
    field->meaning = &meanings_[column];
  }
  fields.all.push_back(*field);
}

}  // namespace lossd::readers
