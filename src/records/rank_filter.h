// Of several processes that log the same steps, follows one.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace lossd::records {

/// Rank 0 where it logs losses; else the process whose record is the first to be followed by another of its own. No
/// mixture: every process tells the loss of its own batch. Which one it is shows only when one of them comes round
/// again, so until then records of others than rank 0 are to be held back. A process that has fallen silent while
/// another goes on has left, and the other is followed.
///
/// Processes are known by a number: their rank, or a negative one where they have only a name. Bounded memory.
class RankFilter {
 public:
  enum class Decision : std::uint8_t {
    kFollow,   ///< take it; whatever is held back of other processes is void
    kRelease,  ///< take it, after what is held back of the same process
    kHold,     ///< hold it back
    kIgnore,
  };

  /// Decides about a record with a loss by `rank`; records of nobody are always followed.
  Decision Select(std::optional<std::int64_t> rank);

  /// Whether lines of `rank` that hold no loss are not to be read at all.
  bool Excludes(std::optional<std::int64_t> rank) const { return followed_ && rank && *rank != *followed_; }

 private:
  struct Process {
    std::int64_t rank = 0;
    int records = 0;  ///< since the one that is followed was last heard
  };
  /// Records of one process since the one followed was last heard, after which that one is taken to have left.
  static constexpr int kPatience = 64;
  static constexpr std::size_t kMostProcesses = 64;

  /// Counts a record; of more processes than kMostProcesses the rest are not told apart.
  int Count(std::int64_t rank);

  std::optional<std::int64_t> followed_;
  std::vector<Process> others_;
};

}  // namespace lossd::records
