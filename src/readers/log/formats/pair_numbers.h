// The numbers of a line, with what stands around them.
#pragma once

#include "readers/log/formats/pair_scan.h"

namespace lossd::readers {

/// Takes the number that begins at hand, with its total, its unit, its average and its range; or a date, a version and
/// the like, which are passed over.
void TakeNumber(PairScan& scan);

}  // namespace lossd::readers
