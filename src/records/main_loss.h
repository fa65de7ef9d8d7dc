// Which of the losses of a record is that of the whole model.
#pragma once

#include "records/record.h"

namespace lossd::records {

/// Gives the fixed names, `train` and `eval`, to the losses of the whole model, one for each phase. A test loss is the
/// evaluation where there is no other.
void NameMainLosses(Record& record);

}  // namespace lossd::records
