// Why a line or a record gave no sample.
#pragma once

#include <cstdint>
#include <string_view>

namespace lossd::records {

/// Why a line gave no sample. Names are values of the label `reason` of the line counter.
enum class Ignored : std::uint8_t {
  kNone,           ///< the line gave a sample, or context (a step, a header) for one
  kBlank,          ///< empty, or only decoration
  kNoLoss,         ///< no loss in it
  kUnparsable,     ///< looked like a record, but a value could not be read
  kDuplicate,      ///< tells a step again that another layer or another rank has told
  kOtherRank,      ///< of a rank that is not followed
  kTooManySeries,  ///< of a loss beyond the most that are followed of one log
  kTooLong,        ///< cut off by the limit on the length of a line
};
std::string_view Name(Ignored reason);

}  // namespace lossd::records
