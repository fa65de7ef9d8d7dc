// Which process of a distributed job wrote a line.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lossd::readers {

struct RankedLine {
  std::string_view text;             ///< behind the prefix
  std::optional<std::int64_t> rank;  ///< absent where no prefix names one
  bool bare = false;                 ///< the prefix is only `3: `, which may as well be a step
};

/// Takes off `[rank0]:`, `[default7]:`, `[1,0]<stdout>:`, `[1,mpirank:3,algo-1]<stderr>:`, `Rank 2:`, `3: ` (srun -l),
/// and such, one behind the other; a `[RANK:0]` further on is seen, too.
RankedLine SplitRank(std::string_view line);

}  // namespace lossd::readers
