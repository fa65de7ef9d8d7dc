// Tables of two columns, names and values, that spread one record over many lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "records/field.h"

namespace lossd::readers {

/// Gathers `| name | value |` rows, or rows of a name, two blanks and a value below a rule of two parts
/// (`-----  ----`), until something else follows. The step may stand in any row of the record: loggers sort by name.
class RowBlock {
 public:
  /// Whether `line` is a row that goes on with the record at hand, or begins one.
  bool Read(std::string_view line);

  /// Whether `line`, which ended a record, is the first row of the next.
  bool Begins(std::string_view line);

  /// Whether a record waits that a line other than its rows has ended.
  bool pending() const { return !members_.empty(); }

  /// Whether a line of words may be a row.
  bool open() const { return ruled_ || pending(); }

  /// Appends the numbers of the record to `fields` and forgets it. Their views stay valid until the next call.
  void Take(records::Fields& fields);

 private:
  struct Member {
    std::string name;
    text::Number number;
    records::Phase phase = records::Phase::kUnsaid;
  };
  static constexpr std::size_t kMostMembers = 256;

  bool ReadBarred(std::string_view line);
  bool ReadRuled(std::string_view line);
  bool Add(std::string_view name, std::string_view value);

  std::vector<Member> members_;
  std::vector<Member> taken_;  // what the views of the last record point into
  records::Phase phase_ = records::Phase::kUnsaid;
  bool ruled_ = false;  // below a rule of two parts
};

}  // namespace lossd::readers
