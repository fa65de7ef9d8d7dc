// What the header of a table promises.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "records/field.h"
#include "records/vocabulary.h"
#include "text/number.h"

namespace lossd::readers {

/// `text` without the blanks and the quotes around it.
std::string_view TrimCell(std::string_view text);

/// What a cell holds in brackets: `0.5` of `[0.5]`; "" where it holds nothing so.
std::string_view InBrackets(std::string_view cell);

/// Whether a cell may be the name of a column.
bool IsColumnName(std::string_view cell);

/// Losses that only a detector's table calls so: `box`, `obj`, `cls`.
bool IsDetectionLoss(std::string_view name);

/// The name of CatBoost's objective, or of another that stands for the loss where rows are counted: `Logloss`, `RMSE`.
bool IsObjective(std::string_view name);

/// What a row says below the column `name`: `number`, which `cell` of `line` begins with, and its total where it is
/// written `12/100`. Nothing where the cell holds more than that.
std::optional<records::Field> CellField(std::string_view name, const text::Number& number, std::string_view cell,
                                        std::string_view line);

/// What a set of columns holds.
struct ColumnCounts {
  int losses = 0, counters = 0, metrics = 0, detections = 0;
  int phases_of_losses = 0;  ///< 2 where the losses of both training and its validation have columns
  bool rate = false;

  template <typename Names>
  explicit ColumnCounts(const Names& names) {
    for (const auto& name : names) Add(name);
    // Where rows are counted, `rmse_trn` and `TrainDeviance` are losses.
    if (counters > 0) losses += errors_;
  }

 private:
  void Add(std::string_view name);
  int errors_ = 0;
  bool trains_ = false, validates_ = false;
};

}  // namespace lossd::readers
