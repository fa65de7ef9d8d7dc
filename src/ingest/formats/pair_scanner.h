// The structure that most training logs share: names followed by numbers.
#pragma once

#include <string_view>
#include <vector>

#include "ingest/formats/number.h"

namespace lossd::ingest {

/// A named number of a line. Views point into the line.
struct Field {
  std::string_view name;     ///< the words before the number, quotes and separator taken off
  std::string_view context;  ///< words before those, up to the last punctuation that ends a thought: `validate` in
                             ///< `validate step: 3`
  Number number;
  bool unit = false;  ///< letters are glued to the number: a time, a size, or a damaged record
};

/// Appends the fields of `line`: `key: value`, `key=value`, `key value`, `'key': value`, `"key": "value"`, joined by
/// anything.
void ScanPairs(std::string_view line, std::vector<Field>& fields);

}  // namespace lossd::ingest
