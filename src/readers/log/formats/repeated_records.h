// Lines that look like records of training only because they repeat: by themselves they may be anything.
#pragma once

#include <cstdint>
#include <string_view>

#include "records/field.h"

namespace lossd::readers {

/// What a line gives that holds nothing but a counter and one number with a fraction, at its end.
enum class CountedNumber : std::uint8_t {
  kNone,
  kNamed,    ///< `iter 1404: 0.000004`; `0m 30s (- 7m 2s) (5000 6%) 2.8567`, where the share shows what is counted
  kUnnamed,  ///< `12: -5.25`: any list looks like that
};
CountedNumber ScanCountedNumber(std::string_view line, records::Fields& fields);

/// `# Epoch 1: loss=2.8`, `## iter 100, Loss: 12.6`, `>>> step 10 loss 2.5`, `# [10] loss: 2.5`: the pairs behind the
/// signs of a comment, a prompt or a list, as R prints its output and people keep theirs.
enum class Comment : std::uint8_t {
  kNone,
  kCounted,    ///< a counter stands at their head
  kUncounted,  ///< `#> Train metrics: Loss: 0.5`: only below a counter
};
Comment ScanComment(std::string_view line, records::Fields& fields);

/// `StepResult(step=10, loss=2.5)`: the members of a printed object, which look like the arguments of a call. `pairs`
/// are all of the line.
bool OpenCall(const records::Fields& pairs, records::Fields& fields);

/// `EPOCH #2  0.072 (VAL: 0.069)`, `epoch 7 |XXX---| 1.32`: names the only number that has none after the loss, where
/// the others are a counter, a rate, or have the name of a phase alone. No word may follow on it, which
/// may be a unit. `pairs` are those of `line`.
bool NameOnlyNumber(std::string_view line, const records::Fields& pairs, records::Fields& fields);

}  // namespace lossd::readers
