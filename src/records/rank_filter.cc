#include "records/rank_filter.h"

#include <algorithm>

namespace lossd::records {

int RankFilter::Count(std::int64_t rank) {
  const auto known = std::find_if(others_.begin(), others_.end(), [&](const Process& p) { return p.rank == rank; });
  if (known != others_.end()) return ++known->records;
  if (others_.size() == kMostProcesses) return ++others_.back().records;
  others_.push_back({rank, 1});
  return 1;
}

RankFilter::Decision RankFilter::Select(std::optional<std::int64_t> rank) {
  if (!rank) return Decision::kFollow;
  if (followed_) {
    if (*rank != *followed_) {
      if (Count(*rank) < kPatience) return Decision::kIgnore;
      followed_ = rank;
    }
    others_.clear();
    return Decision::kFollow;
  }
  const bool again = *rank == 0 || Count(*rank) > 1;
  if (!again) return Decision::kHold;
  followed_ = rank;
  others_.clear();
  return *rank == 0 ? Decision::kFollow : Decision::kRelease;
}

}  // namespace lossd::records
