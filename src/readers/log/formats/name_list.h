// Names in a list before numbers in a list: "train/val loss: 0.5/0.6", "loss, acc: 0.5, 0.9".
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "records/vocabulary.h"
#include "text/number.h"

namespace lossd::readers {

struct NameList {
  struct Entry {
    std::string_view name;
    records::Phase phase = records::Phase::kUnsaid;  ///< where the list says no more of a name: `train` in "train/val"
    text::Number number;
    std::size_t at = 0;  ///< where in the line the number stands
  };

  static constexpr std::size_t kMost = 8;
  std::array<Entry, kMost> entries;
  std::size_t size = 0;
  std::size_t end = 0;  ///< where in the line the last number ends
};

/// Whether the number that ends at `end` has another behind it in a list.
bool BeginsNumberList(std::string_view line, std::size_t end);

/// Of `name`, a part of `line` that the number at `at` stands under: whether it ends a list of names as long as the
/// list of numbers that begins at `at`, and a loss is among them.
bool ScanNameList(std::string_view line, std::string_view name, std::size_t at, NameList& list);

}  // namespace lossd::readers
