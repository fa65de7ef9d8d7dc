// What a number that has no name is, by the place where it stands.
#pragma once

#include <cstddef>
#include <string_view>

#include "records/field.h"

namespace lossd::records {

/// The meaning of number `i` of `line`, which has no name: the count of a progress bar, `[ 50/10009]`, the counters at
/// the head of `[1,  2000] loss: 2.5`, `10 | loss 2.5`, `0 10 loss - 2.5`. `epoch_known`: a number before it was the
/// epoch.
Meaning MeaningByPlace(std::string_view line, const Fields& fields, std::size_t i, bool epoch_known);

}  // namespace lossd::records
