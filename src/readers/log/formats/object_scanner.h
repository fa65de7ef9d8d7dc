// JSON objects and printed Python dictionaries, as they stand in lines of a log.
#pragma once

#include <cstddef>
#include <string_view>

#include "records/field.h"

namespace lossd::readers {

/// Appends the numbers of the object that begins at line[begin] with `{`, those of nested objects included, and returns
/// where the object ends; `begin` where there is none. Lists are not walked, except that one number alone in a list
/// counts: an object that embeds its own history would tell every step again. Quoted numbers are numbers (`'loss':
/// '1.25'`), so are `3/100` and `tensor(1.25)`. An object that is cut off gives what is surely whole. `phase` is what
/// the words before the object say; members such as `"mode": "val"` override it. A metric named by a value (`"key":
/// "train_loss", "value": 0.5`) goes under that name.
std::size_t ScanObject(std::string_view line, std::size_t begin, records::Phase phase, std::string_view group,
                       records::Fields& fields);

}  // namespace lossd::readers
