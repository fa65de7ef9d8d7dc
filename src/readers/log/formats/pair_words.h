// The words of a line: parts of names, and numbers that are written as words.
#pragma once

#include "readers/log/formats/pair_scan.h"

namespace lossd::readers {

/// Takes the word that begins at hand: it goes on with the name before it or begins one, or is `nan`, `step-500`,
/// `tensor(`.
void TakeWord(PairScan& scan);

}  // namespace lossd::readers
