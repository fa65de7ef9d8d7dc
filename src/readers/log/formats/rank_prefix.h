// Which process of a distributed job wrote a line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lossd::readers {

struct RankedLine {
  std::string_view text;  ///< behind the prefix
  /// Absent where no prefix names a process; negative where it has a name instead of a number.
  std::optional<std::int64_t> rank;
  bool bare = false;  ///< the prefix is only `3: `, which may as well be a step
};

/// Takes off `[rank0]:`, `[default7]:`, `[1,0]<stdout>:`, `[1,mpirank:3,algo-1]<stderr>:`, `Rank 2:`, `3: ` (srun -l),
/// `GPU 0:`, `[cuda:1]`, Ray's `(train_fn pid=12)`, kubectl's `[pod/name]`, Compose's `name-1 | ` and such, one behind
/// the other; a `[RANK:0]` or `DP=0|PP=0|TP=0` further on is seen, too.
RankedLine SplitRank(std::string_view line);

}  // namespace lossd::readers
