// "Batch 4/100" where 4 is the epoch and 100 the batch.
#pragma once

#include <string_view>

#include "records/field.h"

namespace lossd::readers {

/// Elsewhere 100 would be how many batches there are. It shows by a total of nought, "Batch 4/0", and by a total that
/// grows while the number before it stays; from then on every fraction of batches in the log is read so.
class BatchFraction {
 public:
  /// Makes two fields of each such fraction, `epoch` and `batch`.
  void Split(std::string_view line, records::Fields& fields);

 private:
  bool Shows(const records::Field& fraction, double total);

  double number_ = -1, total_ = 0;                  // of the last one
  records::Phase phase_ = records::Phase::kUnsaid;  // likewise
  int growths_ = 0;                                 // in a row
  bool known_ = false;
};

}  // namespace lossd::readers
