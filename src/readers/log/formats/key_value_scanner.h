// The structure that most training logs share: names followed by numbers.
#pragma once

#include <string_view>

#include "records/field.h"

namespace lossd::readers {

/// Appends the numbers of `line` with their names: `key: value`, `key=value`, `key value`, `key [value]`, `10/100`, a
/// value with its running average in parentheses, `Cost after iteration 10: 0.5`, a count in a progress bar; objects
/// within the line as ScanObject reads them. Times, dates, versions and the like are passed over.
void ScanPairs(std::string_view line, records::Fields& fields);

}  // namespace lossd::readers
