// The signs of a line: what joins a name and its number, what parts them, and what opens and closes.
#pragma once

#include "readers/log/formats/pair_scan.h"

namespace lossd::readers {

/// Takes the sign at hand.
void TakeSign(PairScan& scan);

}  // namespace lossd::readers
