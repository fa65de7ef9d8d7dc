// Names that mean something only in the company of others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "records/field.h"
#include "records/record.h"

namespace lossd::records {

/// What the fields of a record that were looked at so far say about those behind them.
struct Company {
  /// Whether errors are the losses of a row of a table.
  enum class Errors : std::uint8_t { kUnknown, kNo, kYes };

  bool boosting = false;          ///< the record is one of boosted trees: `[25] train-rmse:0.5 valid-rmse:0.6`
  bool has_step_column = false;   ///< a table counts its rows
  bool names_phase_last = false;  ///< the last loss was named as in `loss train: 1.6, val: 1.7`
  bool must_repeat = false;       ///< its loss may be something else, so that one record proves nothing
  Errors errors = Errors::kUnknown;
};

/// The meaning of field `i`, whose name by itself means nothing. `record` holds what the fields before it have given.
/// May note in `company` what holds for those behind it.
Meaning MeaningInRecord(std::string_view line, const Fields& fields, std::size_t i, const Record& record,
                        Company& company);

}  // namespace lossd::records
