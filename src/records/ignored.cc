#include "records/ignored.h"

namespace lossd::records {

std::string_view Name(Ignored reason) {
  switch (reason) {
    case Ignored::kNone:
      return "none";
    case Ignored::kBlank:
      return "blank";
    case Ignored::kNoLoss:
      return "no_loss";
    case Ignored::kUnparsable:
      return "unparsable";
    case Ignored::kDuplicate:
      return "duplicate";
    case Ignored::kOtherRank:
      return "other_rank";
    case Ignored::kTooManySeries:
      return "too_many_series";
    case Ignored::kTooLong:
      return "too_long";
  }
  return "unknown";
}

}  // namespace lossd::records
