// What `replay` and `explain` say of a log from which nothing is read.
#pragma once

namespace lossd::cli {

/// The exit status; 1 where a log could not be read at all wins.
inline constexpr int kNothingRead = 3;

inline constexpr const char* kNoSample =
    "no line gives a sample: no training log, or its loss has a name of its own (keys, patterns in the configuration); "
    "lossd explain says what became of each line\n";

}  // namespace lossd::cli
