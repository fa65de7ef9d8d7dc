// Tables whose columns are parted by blanks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "records/field.h"

namespace lossd::readers {

/// Remembers the names in the last header and reads the rows below it: spaCy, fastai, Chainer, YOLO, scikit-learn,
/// Vowpal Wabbit. A column that has only ever been NaN is of something that is not measured.
class ColumnTable {
 public:
  /// Whether `line` is a header: names two blanks apart; words behind a `#`; or the second of two lines of words.
  bool TakeHeader(std::string_view line);

  /// Whether `line` is a row of the remembered table, whose fields were then appended. Where cells are missing, those
  /// that are there must stand exactly below their names.
  bool ReadRow(std::string_view line, records::Fields& fields);

  /// Takes names whose header was understood elsewhere.
  void Name(const std::vector<std::string>& names);

  bool empty() const { return names_.empty(); }
  void clear() { names_.clear(); }

 private:
  bool TakeColumns(std::string_view line);
  bool TakeCommentedWords(std::string_view line);
  bool TakeCountedWords(std::string_view text);
  bool TakeSecondLine(std::string_view line);
  bool ReadWordedRow(std::string_view line, records::Fields& fields);
  bool ReadGappedRow(std::string_view line, records::Fields& fields);
  void Remember(std::string_view line);
  void LookUpNames();
  void SplitAtBlanks(std::string_view text);
  std::size_t ColumnAt(std::size_t place) const;
  void AddCell(std::size_t column, std::string_view cell, std::string_view line, records::Fields& fields);
  static void AddBar(std::string_view rest, records::Fields& fields);

  std::vector<std::string> names_;
  std::vector<records::Meaning> meanings_;  // of the names
  std::vector<std::size_t> places_;         // where in the header the names begin; empty where it took two lines
  std::vector<char> was_finite_;            // of the columns
  std::vector<std::string> upper_words_;    // of the last line, which may be the upper half of a header
  std::vector<std::string_view> cells_;     // of the line at hand
  std::vector<std::size_t> columns_;        // of those cells
  bool behind_bar_ = false;                 // each line begins with a bar: "[   1%   ]"
  bool detection_ = false;                  // YOLO: `box obj cls total` are losses
};

}  // namespace lossd::readers
