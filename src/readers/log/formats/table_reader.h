// Tables: a header line, then rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "readers/log/formats/column_table.h"
#include "readers/log/formats/spaced_header.h"
#include "records/field.h"

namespace lossd::readers {

/// Remembers the last header and reads the rows below it: CSV and TSV files, Markdown tables, columns parted by blanks
/// (spaCy, fastai, YOLO, scikit-learn), and the table of two value columns that AllenNLP prints (`loss | 0.5 | 0.6`
/// below `Training | Validation`).
class TableReader {
 public:
  enum class Result : std::uint8_t { kNone, kHeader, kRow };

  /// kRow: the fields of a row of the remembered table were appended. kHeader: `line` is a header and is remembered.
  Result Read(std::string_view line, records::Fields& fields);

  /// Whether a header is remembered.
  bool open() const { return kind_ != Kind::kNone; }

  /// The rule that read the last row or header.
  std::string_view format() const;

 private:
  enum class Kind : std::uint8_t { kNone, kDelimited, kColumns, kPhases };

  Result ReadPlain(std::string_view line, records::Fields& fields);
  bool TakeDelimitedHeader(std::string_view line, char delimiter);
  void LookUpNames();
  records::Phase PhaseOfRow() const;
  bool TakeSecondHeaderLine();
  bool TakePhaseHeader(std::string_view line);
  bool ReadDelimitedRow(std::string_view line, records::Fields& fields);
  bool MendRow();
  bool ReadPhaseRow(std::string_view line, records::Fields& fields) const;
  void AddCell(std::size_t column, std::string_view cell, std::string_view line, records::Fields& fields) const;
  void Split(std::string_view line, char delimiter);

  Kind kind_ = Kind::kNone;
  char delimiter_ = 0;
  ColumnTable columns_;
  SpacedHeader spaced_;
  std::vector<std::string> names_;
  std::vector<records::Meaning> meanings_;  // of the names
  std::vector<std::string> upper_names_;    // of a header that may go on in the next line
  std::vector<std::string_view> cells_;     // of the line at hand
  std::vector<records::Phase> phases_;      // of the columns of values
  std::string plain_;                       // the line at hand with plain bars
  std::size_t phase_column_ = 0;            // whose cells may say the phase of their row; beyond the last where none is
  bool rows_of_phases_ = false;             // each row begins with `train`, `validation` or the like
};

}  // namespace lossd::readers
